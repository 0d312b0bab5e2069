package dev.penstock.gateway.transport;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** An upstream that says and does exactly what a test wants, on plain sockets of the loopback address. */
final class RawUpstream implements AutoCloseable {
    /** Handles one connection; it is closed when this returns. */
    interface Script {
        void run(Connection connection) throws IOException;
    }

    /** One connection as the upstream has it. */
    record Connection(Socket socket) {
        /** The head of the next request, with its last empty line; empty when the peer has closed. */
        String readHead() throws IOException {
            return Wire.readHead(socket.getInputStream());
        }

        byte[] readBody(int length) throws IOException {
            return socket.getInputStream().readNBytes(length);
        }

        void send(String text) throws IOException {
            send(text.getBytes(ISO_8859_1));
        }

        void send(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        }

        /** Waits until the peer closes or resets. */
        void awaitHangUp() {
            try {
                InputStream in = socket.getInputStream();
                int rest;
                do {
                    rest = in.read();
                } while (rest >= 0);
            } catch (IOException reset) {
                // That is a hang-up as well.
            }
        }

        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }
    }

    private final ServerSocket server;
    private final Script script;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    final AtomicInteger accepted = new AtomicInteger();

    RawUpstream(Script script) {
        this.script = script;
        try {
            server = new ServerSocket(0, 1_000, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.execute(this::accept);
    }

    /** Answers each request with the same bytes, as long as the connection lasts. */
    static RawUpstream answering(byte[] answer) {
        return new RawUpstream(connection -> {
            String head = connection.readHead();
            while (!head.isEmpty()) {
                byte[] unused = connection.readBody(Wire.contentLength(head));
                connection.send(answer);
                head = connection.readHead();
            }
        });
    }

    static RawUpstream answering(String answer) {
        return answering(answer.getBytes(ISO_8859_1));
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                open.add(socket);
                accepted.incrementAndGet();
                threads.execute(() -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            script.run(new Connection(socket));
        } catch (IOException gone) {
            // The peer has left.
        } finally {
            open.remove(socket);
        }
    }

    URI base() {
        return URI.create("http://127.0.0.1:" + server.getLocalPort() + "/v1");
    }

    int open() {
        return open.size();
    }

    @Override
    public void close() {
        try {
            server.close();
            for (Socket socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.shutdownNow();
    }
}
