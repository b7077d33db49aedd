namespace HaAgent.Configuration.Tests;

/// <summary>A configuration in the usual form of the peer, as operators have them.</summary>
internal static class Sample
{
    public const string Yaml = """
        scope: batman
        namespace: /db/
        name: postgresql0

        log:
          level: INFO
          dir: /var/log/patroni
          mode: 0640
          loggers: {patroni.postmaster: WARNING, urllib3: DEBUG}

        restapi:
          listen: 127.0.0.1:8008
          connect_address: 127.0.0.1:8008
          authentication:
            username: admin
            password: "p@ss: word"
          server_tokens: ProductOnly

        etcd3:
          hosts:
            - 127.0.0.1:2379
            - 127.0.0.1:2381
          protocol: http

        bootstrap:
          dcs:
            ttl: 30
            loop_wait: 10
            retry_timeout: 10
            maximum_lag_on_failover: 1048576
            postgresql:
              use_pg_rewind: true
              use_slots: yes
              parameters:
                wal_level: replica
                hot_standby: "on"
                max_connections: 100
                wal_log_hints: on
                archive_mode: "on"
                archive_timeout: 1800s
                archive_command: mkdir -p ../wal_archive && test ! -f ../wal_archive/%f && cp %p ../wal_archive/%f
          initdb:
            - encoding: UTF8
            - data-checksums
          pg_hba:
            - host replication replicator 127.0.0.1/32 md5
            - host all all 0.0.0.0/0 md5

        postgresql:
          listen: 127.0.0.1:5432
          connect_address: 127.0.0.1:5432
          data_dir: data/postgresql0
          pgpass: /tmp/pgpass0
          authentication: &users
            replication: {username: replicator, password: rep-pass, unknown: dropped}
            superuser:
              username: postgres
              password: zalando
            rewind:
              username: rewind_user
              password: rewind_password
          parameters:
            unix_socket_directories: '..'
            shared_buffers: 128MB
          basebackup:
            - max-rate: 100M
            - checkpoint: fast

        watchdog:
          mode: off

        tags:
          noloadbalance: false
          clonefrom: false
          nostream: false
          datacenter: dc1
        """;
}
