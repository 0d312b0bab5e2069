package dev.penstock.benchmarks;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** nginx as a proxy with kept connections and without buffering, in a folder of its own. */
final class Nginx {
    private Nginx() {}

    record Running(Program program, int port) {}

    /** Empty where there is no nginx on the PATH. */
    static Optional<Running> start(Bench bench, int upstream) throws IOException {
        Optional<Path> command = Stream.concat(
                        Stream.of(Optional.ofNullable(System.getenv("PATH"))
                                .orElse("")
                                .split(File.pathSeparator)),
                        Stream.of("/usr/sbin"))
                .map(directory -> Path.of(directory, "nginx"))
                .filter(Files::isExecutable)
                .findFirst();
        if (command.isEmpty()) {
            return Optional.empty();
        }
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Path folder = Files.createDirectories(bench.folder().resolve("nginx"));
        Path config = folder.resolve("nginx.conf");
        Files.writeString(config, """
                daemon off;
                worker_processes 1;
                pid nginx.pid;
                error_log error.log;
                events { worker_connections 4096; }
                http {
                  access_log off;
                  client_body_temp_path body;
                  proxy_temp_path proxy;
                  fastcgi_temp_path fastcgi;
                  uwsgi_temp_path uwsgi;
                  scgi_temp_path scgi;
                  keepalive_requests 1000000000;
                  upstream api { server 127.0.0.1:%d; keepalive 256; keepalive_requests 1000000000; }
                  server {
                    listen 127.0.0.1:%d backlog=4096;
                    location / {
                      proxy_pass http://api;
                      proxy_http_version 1.1;
                      proxy_set_header Connection "";
                      proxy_buffering off;
                    }
                  }
                }
                """.formatted(upstream, port));
        Program program = Program.startCommand(
                folder,
                bench.log(),
                Map.of(),
                List.of(command.get().toString(), "-p", folder + "/", "-e", "error.log", "-c", config.toString()));
        return Optional.of(new Running(program, port));
    }
}
