using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace HaAgent.Ctl.Tests.Doubles;

/// <summary>A member's REST server: notes what it is asked and answers as told, one connection per request.</summary>
internal sealed class RestMember : IAsyncDisposable
{
    /// <summary>An address on which nobody listens.</summary>
    public const string Nobody = "http://127.0.0.1:1";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Queue<(int Code, string Body)> _answers;
    private readonly X509Certificate2? _certificate;
    private readonly Task _serving;

    public RestMember(params (int Code, string Body)[] answers)
        : this(certificate: null, answers)
    {
    }

    /// <param name="certificate">With its key; null: plain HTTP.</param>
    public RestMember(X509Certificate2? certificate, params (int Code, string Body)[] answers)
    {
        _certificate = certificate;
        _answers = new(answers);
        _listener.Start();
        var scheme = certificate is null ? "http" : "https";
        Url = string.Create(CultureInfo.InvariantCulture, $"{scheme}://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _serving = ServeAsync();
    }

    public string Url { get; }

    /// <summary>Method, path and body of each request, in order.</summary>
    public List<string> Asked { get; } = [];

    public List<string?> Authorizations { get; } = [];

    /// <summary>Subjects of the client certificates shown; null where there was none.</summary>
    public List<string?> ClientCertificates { get; } = [];

    /// <summary>Happens before a request is answered.</summary>
    public Action? OnRequest { get; set; }

    /// <summary>Closes the connection instead of answering.</summary>
    public bool HangsUp { get; set; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _serving;
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_end.Token);
                await using var stream = await SecuredAsync(client.GetStream());
                await AnswerAsync(stream);
            }
            catch (Exception end) when (end is OperationCanceledException or IOException or System.Security.Authentication.AuthenticationException)
            {
                // The test is over, or the client did not like the certificate.
            }
        }
    }

    private async Task<Stream> SecuredAsync(Stream plain)
    {
        if (_certificate is null)
        {
            return plain;
        }

        var secured = new SslStream(plain);
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificate = _certificate,
            ClientCertificateRequired = true, // asked for; the callback accepts none as well
            RemoteCertificateValidationCallback = NoteClient,
        };
        await secured.AuthenticateAsServerAsync(options, _end.Token);
        return secured;
    }

    private bool NoteClient(object sender, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors)
    {
        ClientCertificates.Add(shown?.Subject);
        const SslPolicyErrors Fine = SslPolicyErrors.RemoteCertificateNotAvailable | SslPolicyErrors.RemoteCertificateChainErrors;
        return (errors & ~Fine) == SslPolicyErrors.None;
    }

    private async Task AnswerAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        if ((await reader.ReadLineAsync(_end.Token))?.Split(' ') is not { Length: > 2 } request)
        {
            return; // it came for the certificate only
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync(_end.Token) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        var body = new char[int.Parse(headers.GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture)];
        if (body.Length > 0)
        {
            await reader.ReadBlockAsync(body, _end.Token); // no body: it would wait for one
        }

        Asked.Add($"{request[0]} {request[1]} {new string(body)}".TrimEnd());
        Authorizations.Add(headers.GetValueOrDefault("Authorization"));
        OnRequest?.Invoke();
        if (HangsUp)
        {
            return;
        }

        var (code, text) = _answers.Count > 0 ? _answers.Dequeue() : (500, "not expected");
        var bytes = Encoding.UTF8.GetBytes(text);
        var head = string.Create(
            CultureInfo.InvariantCulture, $"HTTP/1.1 {code} x\r\nContent-Length: {bytes.Length}\r\nConnection: close\r\n\r\n");
        await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. bytes], _end.Token);
    }
}
