#!/usr/bin/env bash
# The one entry script, the same on a desk and in CI. `./build.sh help` tells what it can do.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
cd -- "$root"

readonly results="$root/artifacts/test-results"
readonly published="$root/artifacts/publish"
readonly fast_tests=(HaAgent.Core.Tests HaAgent.Configuration.Tests HaAgent.Ctl.Tests HaAgent.Tests HaAgent.Guard.Tests HaAgent.Simulation.Tests HaAgent.Architecture.Tests)
readonly integration_tests=(HaAgent.Dcs.Tests HaAgent.Postgres.Tests)
readonly end_to_end_tests=(HaAgent.EndToEnd.Tests)

# No build server may outlive this script, and nobody is there to read a banner.
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
export DOTNET_CLI_UI_LANGUAGE=en

passed=0 failed=0 skipped=0
run_id='' run_folder='' children=()

usage() {
  cat <<'HELP'
./build.sh VERB

  demo [--failover]     a cluster of three on this machine: etcd, agents with PostgreSQL, HAProxy; Ctrl-C ends it.
                        --failover: unattended; kills the primary under a writing client and counts the rows
  test                  everything: build, publish, fast, integration and end-to-end tests

  check                 before every commit: formatting, build, fast tests, documents; about three minutes
  integration [OPTS]    the clients of etcd and PostgreSQL against real servers
  e2e [OPTS]            whole clusters through crashes
      --only NAME       only tests whose class or name contains NAME (repeatable)
      --repeat N        N times over
  soak [renewals]       ten minutes of renewals while everything is held up: PostgreSQL, log, thread pool, processors, clients
  soak guard            the lease guard's figures: 200 freezes and kills past the deadline, 200 freezes up to it, 50 restarts,
                        20 slow switchovers, 30 minutes without idle time or memory; an hour and a half
  sim N                 N histories of whole clusters in virtual time; fails at a violation or when something was not covered
  sim --seed S          one of them again, to the same bytes, with its journal
  mutants [NAME...]     spoils one line of the product each, and demands that the simulator catches it within 1,000 histories
  publish [--aot]       the release form into artifacts/publish: haagent and haagentctl, runnable without an SDK
                        --aot: as native code; needs clang and the Native AOT runtime pack
  decisions             write docs/decisions.md anew, after a change of the rules or of their examples
  man                   write packaging/man/haagentctl.1 anew, after a change of a command's words or of its help
  format                put all source files into the one format
  clean                 remove everything that was built
HELP
}

say() { printf '%s\n' "$*"; }

die() {
  printf 'build.sh: %s\n' "$*" >&2
  exit 1
}

now() { date +%s.%N; }

since() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.1f s", to - from }'; }

# --- what is needed -----------------------------------------------------------------------------------------------------

# need PROGRAM=PACKAGE...: installs the Debian packages of the programs that are not there; without root it says how to.
need() {
  local wanted missing=()
  for wanted in "$@"; do
    PATH="$PATH:/usr/sbin:/sbin" command -v -- "${wanted%%=*}" >/dev/null || missing+=("${wanted#*=}")
  done
  ((${#missing[@]})) || return 0
  if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
    die "missing: ${missing[*]}. Install with: sudo apt-get update && sudo apt-get install --yes --no-install-recommends ${missing[*]}"
  fi
  say "Installing ${missing[*]}"
  install_packages "${missing[@]}"
}

install_packages() {
  local policy=/usr/sbin/policy-rc.d own_policy='' log
  log=$(mktemp)
  # The tests start servers of their own: what the packages would start must stay down.
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    own_policy=yes
  fi
  local ok=yes
  {
    DEBIAN_FRONTEND=noninteractive apt-get --quiet update &&
      DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes --no-install-recommends install "$@"
  } </dev/null >"$log" 2>&1 || ok=''
  [[ -z $own_policy ]] || rm -f "$policy"
  if [[ -z $ok ]]; then
    tail -n 20 "$log" >&2
    die "installing failed: apt-get update && apt-get install --yes --no-install-recommends $*"
  fi
  rm -f "$log"
}

need_dotnet() {
  # A service account may have no home; the SDK and NuGet want one.
  [[ -n ${HOME:-} && -w ${HOME:-} ]] || export HOME="$root/artifacts/home"
  mkdir -p "$HOME"
  command -v dotnet >/dev/null || PATH="$PATH:${DOTNET_ROOT:-$HOME/.dotnet}:/usr/share/dotnet:/usr/lib/dotnet"
  command -v dotnet >/dev/null || die 'missing: the .NET SDK 10. See https://learn.microsoft.com/dotnet/core/install/linux'
}

need_checkers() {
  need shellcheck=shellcheck systemd-analyze=systemd
}

need_servers() {
  need /usr/lib/postgresql/15/bin/postgres=postgresql-15 etcd=etcd-server etcdctl=etcd-client openssl=openssl \
    setpriv=util-linux
}

need_everything() {
  need_servers
  need haproxy=haproxy wrk=wrk
}

# --- build --------------------------------------------------------------------------------------------------------------

# Runs a command of the SDK without a word, unless it fails.
quietly() {
  local log
  log=$(mktemp)
  if ! dotnet "$@" --configuration Release --verbosity quiet -nodeReuse:false --disable-build-servers -terminalLogger:off \
    </dev/null >"$log" 2>&1; then
    grep -E ': (error|warning) ' "$log" | sort -u >&2 || cat "$log" >&2
    rm -f "$log"
    exit 1
  fi
  # One warning is known: the trimmer's about the JSON formatter of Google.Protobuf, which nothing here calls.
  if grep ': warning ' "$log" | grep -v "IL2104: Assembly 'Google.Protobuf'" >&2; then
    rm -f "$log"
    die 'a warning is an error here.'
  fi
  rm -f "$log"
}

build() {
  local started
  started=$(now)
  quietly build "${1:-HaAgent.sln}"
  say "built in $(since "$started")"
}

publish() {
  local form=(-p:PublishSingleFile=true -p:PublishTrimmed=true -p:PublishReadyToRun=true)
  [[ ${1:-} != --aot ]] || form=(-p:PublishAot=true)
  need_dotnet
  if [[ ${1:-} != --aot ]] && is_published; then
    return
  fi
  local started project
  started=$(now)
  rm -rf "$published"
  for project in HaAgent HaAgent.Ctl; do
    quietly publish "src/$project" --runtime linux-x64 --self-contained "${form[@]}" -p:InvariantGlobalization=true \
      -p:DebugType=none -p:StaticWebAssetsEnabled=false -p:ILLinkTreatWarningsAsErrors=false --output "$published"
  done
  say "published haagent and haagentctl to artifacts/publish in $(since "$started")"
}

# Published since the last change of any source?
is_published() {
  [[ -x $published/haagent && -x $published/haagentctl ]] &&
    [[ -z $(find src Directory.Build.props Directory.Packages.props global.json -path '*/bin' -prune -o -path '*/obj' -prune \
      -o -type f -newer "$published/haagentctl" -print -quit) ]]
}

# --- a run: everything started in it can be found again, and is gone at its end ----------------------------------------

begin_run() {
  run_id="$BASHPID-$(date +%s)"
  run_folder=$(mktemp -d /tmp/haagent-XXXXXX)
  chmod 1777 "$run_folder"
  export HAAGENT_TEST_RUN=$run_id HAAGENT_TEST_ROOT=$run_folder
  trap 'end_run' EXIT
  trap 'interrupt 130' INT
  trap 'interrupt 143' TERM HUP
}

# Processes of this run: by the marker in their environment, or because they work below its folder. PostgreSQL needs the
# second: its environment is cleaned, and its processes write their titles over it.
processes_of_run() (
  unset HAAGENT_TEST_RUN # or the search would find itself
  {
    grep -lsz -x -- "HAAGENT_TEST_RUN=$run_id" /proc/[0-9]*/environ || true
    find /proc -mindepth 2 -maxdepth 2 -name cwd -lname "$run_folder/*" 2>/dev/null || true
  } | cut -d/ -f3 | sort -un
)

# In a session of its own, so that Ctrl-C reaches this script alone, which then ends it in order.
run_child() {
  local code=0
  setsid "$@" </dev/null &
  children=($!)
  wait "${children[0]}" || code=$?
  children=()
  return "$code"
}

interrupt() {
  trap '' INT TERM HUP
  local child
  for child in "${children[@]}"; do
    kill -TERM "$child" 2>/dev/null || true
  done
  for child in "${children[@]}"; do
    # It takes its servers down; what it leaves, end_run finds.
    timeout 30 tail --pid="$child" -f /dev/null || true
  done
  exit "$1"
}

end_run() {
  local code=$?
  trap '' INT TERM HUP
  # After an interruption it is no fault that something still runs; after an orderly end it is.
  if ! kill_leftovers && ((code == 0)); then
    code=1
  fi
  [[ -n ${HAAGENT_TEST_KEEP:-} ]] || rm -rf "$run_folder"
  exit "$code"
}

# Kills what the run has left, and names it; fails when there was something.
kill_leftovers() {
  local pid leftovers=() clean=yes _
  for _ in $(seq 200); do
    mapfile -t leftovers < <(processes_of_run)
    ((${#leftovers[@]})) || break
    if [[ -n $clean ]]; then
      clean=''
      say "left behind: ${#leftovers[@]} processes, the first of them:" >&2
      for pid in "${leftovers[@]:0:3}"; do
        say "  $pid $({ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | cut -c1-150)" >&2
      done
    fi
    for pid in "${leftovers[@]}"; do
      kill -KILL "$pid" 2>/dev/null || true
    done
    sleep 0.05
  done
  [[ -n $clean ]]
}

# --- tests --------------------------------------------------------------------------------------------------------------

# run_tests PROJECT [xunit options]: one project, counted by the report that it writes.
run_tests() {
  local project=$1 started code=0
  shift
  local program=tests/$project/bin/Release/net10.0/$project report=$results/$project.xml log=$results/$project.log
  started=$(now)
  rm -rf "$report" "${results:?}/$project"
  # Tests that give up root's rights must still be able to load their files and to write their report.
  local open=''
  if ((EUID == 0)) && [[ $project == HaAgent.Postgres.Tests ]]; then
    open=$(mktemp -d /tmp/haagent-tests-XXXXXX)
    cp -r "tests/$project/bin/Release/net10.0" "$open/bin"
    chmod -R a+rX "$open"
    chmod 1777 "$open"
    program=$open/bin/$project
  fi
  HAAGENT_TEST_LOGS="$results/$project" run_child timeout --kill-after=10 "${time_limit:-900}" "$program" -noLogo -noColor \
    -parallel "${parallel:-none}" -maxThreads "${lanes:-default}" -reporter quiet -xml "${open:-$results}/$project.xml" "$@" >"$log" 2>&1 || code=$?
  if [[ -n $open ]]; then
    [[ ! -s $open/$project.xml ]] || cp "$open/$project.xml" "$report"
    rm -rf "$open"
  fi
  local p=0 f=0 s=0
  if [[ -s $report ]]; then
    read -r p f s < <(count "$report")
  fi
  if ((code != 0 && f == 0)); then
    f=1 # it did not get as far as a report, or failed outside of every test
  fi
  if ! kill_leftovers 2>>"$log"; then
    ((f += 1))
  fi
  ((passed += p, failed += f, skipped += s)) || true
  printf '  %-30s %4d passed  %3d failed  %3d skipped  %8s\n' "$project" "$p" "$f" "$s" "$(since "$started")"
  if ((f > 0)); then
    sed 's/^/    /' "$log" | head -n 400 >&2
    say "    (exit code $code; whole output: ${log#"$root"/})" >&2
  fi
  if [[ -d $results/$project ]]; then
    find "$results/$project" \( -name 'measured*.txt' -o -name figures.txt \) -exec sed 's/^/    /' {} +
  fi
}

# Adds up the <assembly> elements of an xunit report; errors outside of tests count as failures.
count() {
  awk -v RS='>' '
    /<assembly / {
      n = split($0, words, " ")
      for (i = 1; i <= n; i++) {
        if (split(words[i], pair, "\"") < 2) continue
        if (pair[1] == "passed=") p += pair[2]
        if (pair[1] == "failed=") f += pair[2]
        if (pair[1] == "errors=") f += pair[2]
        if (pair[1] == "skipped=") s += pair[2]
      }
    }
    END { print p + 0, f + 0, s + 0 }' "$1"
}

# tier NAME PROJECT...: its projects one after the other, and the time they took.
tier() {
  local name=$1 started project
  shift
  started=$(now)
  say "$name"
  for project in "$@"; do
    run_tests "$project" "${filter[@]}"
  done
  say "  $name tests took $(since "$started")"
}

# tier_side_by_side NAME PROJECT...: likewise, all at once, each in a run of its own. For tests that mostly wait.
tier_side_by_side() {
  local name=$1 started project pids=() p f s
  shift
  started=$(now)
  say "$name"
  for project in "$@"; do
    (
      # shellcheck disable=SC2030,SC2031 # counted here, handed over in a file
      passed=0 failed=0 skipped=0 children=()
      begin_run
      run_tests "$project" "${filter[@]}"
      printf '%s %s %s\n' "$passed" "$failed" "$skipped" >"$results/$project.count"
    ) >"$results/$project.out" 2>&1 &
    pids+=($!)
  done
  children=("${pids[@]}")
  for project in "$@"; do
    wait "${pids[0]}" || true
    pids=("${pids[@]:1}")
    cat "$results/$project.out"
    p=0 f=1 s=0 # unless it got as far as to count
    [[ ! -s $results/$project.count ]] || read -r p f s <"$results/$project.count"
    # shellcheck disable=SC2031
    ((passed += p, failed += f, skipped += s)) || true
    rm -f "$results/$project.out" "$results/$project.count"
  done
  children=()
  say "  $name tests took $(since "$started")"
}

filter=()

verdict() {
  say "$passed passed, $failed failed, $skipped skipped"
  ((failed == 0))
}

fast() { parallel=collections tier fast "${fast_tests[@]}"; }

integration() { tier_side_by_side integration "${integration_tests[@]}"; }

# Three classes at a time, as most only wait; those in the collection Undisturbed come afterwards, one by one.
end_to_end() {
  HAAGENT_BIN=$published/haagent HAAGENTCTL_BIN=$published/haagentctl parallel=collections lanes=3 \
    tier end-to-end "${end_to_end_tests[@]}"
}

# --only and --repeat of the verbs that run one tier.
repeat_tier() {
  local tier=$1 times=1 _
  shift
  while (($#)); do
    case $1 in
      --only) filter+=(-method "*${2:?--only needs a name}*") ;;
      --repeat) times=${2:?--repeat needs a number} ;;
      *) die "unknown option: $1. See ./build.sh help" ;;
    esac
    shift 2
  done
  [[ $times =~ ^[1-9][0-9]*$ ]] || die "--repeat takes a number from 1, not '$times'."
  mkdir -p "$results"
  begin_run
  for _ in $(seq "$times"); do
    "$tier"
  done
  if ((passed + failed + skipped == 0)); then
    die 'no test has that name.'
  fi
  verdict
}

# --- verbs --------------------------------------------------------------------------------------------------------------

whitespace() { dotnet format whitespace "$root" --folder --exclude artifacts --verbosity quiet "$@" </dev/null; }

check() {
  need_dotnet
  need_checkers
  need_servers
  local started
  started=$(now)
  shellcheck build.sh .ci/run
  whitespace --verify-no-changes || die 'some files are not formatted: ./build.sh format'
  build
  mkdir -p "$results"
  begin_run
  fast
  say "check took $(since "$started")"
  verdict
}

everything() {
  need_dotnet
  need_checkers
  need_everything
  local started
  started=$(now)
  build
  publish
  rm -rf "$results"
  mkdir -p "$results"
  begin_run
  fast
  integration
  end_to_end
  say "everything took $(since "$started")"
  verdict
}

demo() {
  need_dotnet
  need_everything
  publish
  build tests/HaAgent.Demo >/dev/null
  begin_run
  HAAGENT_BIN=$published/haagent HAAGENTCTL_BIN=$published/haagentctl \
    run_child tests/HaAgent.Demo/bin/Release/net10.0/HaAgent.Demo "$@"
}

sim() {
  need_dotnet
  build tests/HaAgent.Simulation >/dev/null
  exec tests/HaAgent.Simulation/bin/Release/net10.0/HaAgent.Simulation "$@"
}

# mutant_field NAME FIELD: of its entry in eng/mutants.txt.
mutant_field() {
  awk -v name="name: $1" -v field="$2: " '
    $0 == name { mine = 1 }
    mine && index($0, field) == 1 { print substr($0, length(field) + 1); exit }
    mine && $0 == "" { exit }' eng/mutants.txt
}

# spoil TREE NAME FILE LINE BECOMES: replaces a line of a mutant in a copy of the tree, by the names of the fields that say which.
spoil() {
  local file
  file=$(mutant_field "$2" "$3")
  [[ -n $file ]] || return 0
  LINE=$(mutant_field "$2" "$4") BECOMES=$(mutant_field "$2" "$5") awk '
    { text = $0; sub(/^[ \t]+/, "", text) }
    text == ENVIRON["LINE"] { print substr($0, 1, length($0) - length(text)) ENVIRON["BECOMES"]; found++; next }
    { print }
    END { exit found == 1 ? 0 : 1 }' "$root/$file" >"$1/$file" || die "mutant $2: its line is not exactly once in $file"
}

# Each mutant is built in a copy of the tree, and must be caught within a thousand seeds.
mutants() {
  need_dotnet
  local tree=$root/artifacts/mutants name file escaped=() names=("$@")
  ((${#names[@]})) || mapfile -t names < <(sed -n 's/^name: //p' eng/mutants.txt)
  rm -rf "$tree"
  mkdir -p "$tree"
  git ls-files -co --exclude-standard -- src tests/HaAgent.Simulation tests/Directory.Build.props eng Directory.Build.props \
    Directory.Packages.props global.json .editorconfig | tar -c -T - | tar -x -C "$tree"
  for name in "${names[@]}"; do
    spoil "$tree" "$name" file line becomes
    spoil "$tree" "$name" also-file also-line also-becomes
    dotnet build "$tree/tests/HaAgent.Simulation" --configuration Release --verbosity quiet -nodeReuse:false \
      -p:TreatWarningsAsErrors=false >"$tree/build.log" 2>&1 || die "mutant $name does not build: see $tree/build.log"
    if "$tree/tests/HaAgent.Simulation/bin/Release/net10.0/HaAgent.Simulation" "${HAAGENT_SIM_HISTORIES:-1000}" --first --no-coverage \
      --laws "$(mutant_field "$name" laws)" >"$tree/$name.log"; then
      say "ESCAPED  $name"
      escaped+=("$name")
    else
      say "caught   $name: $(sed -n 's/^ *VIOLATION //p' "$tree/$name.log" | head -n 1 | cut -c1-150)"
    fi
    for file in "$(mutant_field "$name" file)" "$(mutant_field "$name" also-file)"; do
      [[ -z $file ]] || cp "$root/$file" "$tree/$file"
    done
  done
  say "$((${#names[@]} - ${#escaped[@]})) of ${#names[@]} mutants caught"
  ((${#escaped[@]} == 0))
}

# write_page PROJECT VARIABLE CLASS FILE: a page that the tests of a project render, and otherwise hold to what the program says.
write_page() {
  need_dotnet
  build "tests/$1"
  env "$2=1" "tests/$1/bin/Release/net10.0/$1" -noLogo -noColor -reporter quiet -class "*.$3"
  say "wrote $4"
}

decisions() { write_page HaAgent.Core.Tests HAAGENT_WRITE_DECISIONS The_document_of_decisions docs/decisions.md; }

man_page() { write_page HaAgent.Ctl.Tests HAAGENT_WRITE_MAN The_manual_page packaging/man/haagentctl.1; }

main() {
  local verb=${1:-help}
  (($# == 0)) || shift
  case $verb in
    demo) demo "$@" ;;
    test) everything ;;
    check) check ;;
    integration)
      need_dotnet
      need_servers
      build
      repeat_tier integration "$@"
      ;;
    e2e)
      need_dotnet
      need_everything
      build tests/HaAgent.EndToEnd.Tests
      publish
      repeat_tier end_to_end "$@"
      ;;
    soak)
      need_dotnet
      need_servers
      build tests/HaAgent.EndToEnd.Tests
      case ${1:-renewals} in
        renewals) HAAGENT_SOAK_SECONDS=600 repeat_tier end_to_end --only Renewals. ;;
        guard)
          publish
          # Freezes and kills, freezes up to the deadline, restarts, switchovers, seconds of a busy machine; clusters.
          HAAGENT_GUARD_FIGURES=200,200,50,20,1800,4 time_limit=10800 repeat_tier end_to_end --only GuardFigures.
          ;;
        *) die "soak takes 'renewals' or 'guard', not '$1'." ;;
      esac
      ;;
    sim) sim "$@" ;;
    mutants) mutants "$@" ;;
    publish) publish "$@" ;;
    decisions) decisions ;;
    man) man_page ;;
    format)
      need_dotnet
      whitespace
      ;;
    clean)
      rm -rf artifacts
      find src tests -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
      ;;
    help | -h | --help) usage ;;
    *)
      usage >&2
      die "unknown verb: $verb"
      ;;
  esac
}

main "$@"
