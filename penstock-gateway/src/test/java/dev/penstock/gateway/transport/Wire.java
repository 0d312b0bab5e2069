package dev.penstock.gateway.transport;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** HTTP/1.1 by hand, so that tests see what is really on the wire. */
final class Wire {
    private static final int PATIENCE_MILLIS = 10_000;

    private Wire() {}

    /** A client of its own kind. */
    record Client(Socket socket) implements AutoCloseable {
        static Client to(int port) throws IOException {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.setTcpNoDelay(true);
            return new Client(socket);
        }

        void send(String text) throws IOException {
            send(text.getBytes(ISO_8859_1));
        }

        void send(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        }

        Answer answer() throws IOException {
            return Answer.read(socket.getInputStream(), false);
        }

        Answer answerToHead() throws IOException {
            return Answer.read(socket.getInputStream(), true);
        }

        /** What comes until the server closes; a reset ends it too. */
        String rest() {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            try {
                int next = socket.getInputStream().read();
                while (next >= 0) {
                    all.write(next);
                    next = socket.getInputStream().read();
                }
            } catch (java.net.SocketTimeoutException stillOpen) {
                throw new AssertionError("the connection was not closed; so far came: " + all, stillOpen);
            } catch (IOException reset) {
                // Closed as well.
            }
            return all.toString(ISO_8859_1);
        }

        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    /** @param body without the framing */
    record Answer(String head, byte[] body) {
        static Answer read(InputStream in, boolean noBody) throws IOException {
            String head = readHead(in);
            String lower = head.toLowerCase(Locale.ROOT);
            if (noBody || head.startsWith("HTTP/1.1 204") || head.startsWith("HTTP/1.1 304")) {
                return new Answer(head, new byte[0]);
            }
            if (lower.contains("transfer-encoding: chunked")) {
                return new Answer(head, readChunks(in));
            }
            if (lower.contains("content-length:")) {
                int length = contentLength(head);
                byte[] body = in.readNBytes(length);
                if (body.length < length) {
                    throw new IOException("the body broke off after " + body.length + " of " + length + " bytes");
                }
                return new Answer(head, body);
            }
            return new Answer(head, in.readAllBytes());
        }

        int status() {
            return Integer.parseInt(head.substring(9, 12));
        }

        String text() {
            return new String(body, ISO_8859_1);
        }
    }

    private static byte[] readChunks(InputStream in) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] chunk = readChunk(in);
        while (chunk.length > 0) {
            all.write(chunk);
            chunk = readChunk(in);
        }
        return all.toByteArray();
    }

    /** One chunk; empty for the last. */
    static byte[] readChunk(InputStream in) throws IOException {
        int size = Integer.parseInt(readLine(in), 16);
        byte[] chunk = in.readNBytes(size);
        if (chunk.length < size || !readLine(in).isEmpty()) {
            throw new IOException("a chunk of " + size + " bytes broke off");
        }
        return chunk;
    }

    private static String readLine(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        int next = in.read();
        while (next != '\n') {
            if (next < 0) {
                throw new IOException("the connection ended inside a line");
            }
            line.append((char) next);
            next = in.read();
        }
        return line.substring(0, line.length() - 1);
    }

    static String readHead(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                return "";
            }
            head.append((char) next);
        }
        return head.toString();
    }

    static int contentLength(String head) {
        String lower = head.toLowerCase(Locale.ROOT);
        int at = lower.indexOf("content-length:");
        if (at < 0) {
            return 0;
        }
        return Integer.parseInt(
                lower.substring(at + 15, lower.indexOf('\r', at)).strip());
    }

    /** Waits, bounded, for what happens on other threads. */
    static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long tries = PATIENCE_MILLIS / 2;
        while (!condition.getAsBoolean()) {
            if (--tries < 0) {
                throw new AssertionError("in vain waited for: " + what);
            }
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }
}
