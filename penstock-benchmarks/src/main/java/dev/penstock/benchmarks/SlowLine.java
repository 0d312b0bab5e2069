package dev.penstock.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A long way to a server on this machine: what is sent arrives later by a fixed time in either direction, also when the
 * sender has died meanwhile. So a process can be killed while something is on its way.
 */
final class SlowLine implements AutoCloseable {
    private final ServerSocket listener;
    private final int target;
    private final long delayMillis;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    SlowLine(int target, long delayMillis) throws IOException {
        this.target = target;
        this.delayMillis = delayMillis;
        this.listener = new ServerSocket();
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Thread.ofVirtual().start(this::accept);
    }

    String baseUrl() {
        return "http://127.0.0.1:" + listener.getLocalPort() + "/v1";
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
                open.add(client);
                open.add(server);
                Thread.ofVirtual().start(() -> carry(client, server));
                Thread.ofVirtual().start(() -> carry(server, client));
            }
        } catch (IOException e) {
            // It is closed, or the server is gone: nobody comes through any more.
        }
    }

    private void carry(Socket from, Socket to) {
        // A megabyte is on the line at a time, so that a long upload takes little longer than a short one.
        byte[] buffer = new byte[1 << 20];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            int length;
            while ((length = in.read(buffer)) >= 0) {
                Thread.sleep(delayMillis);
                out.write(buffer, 0, length);
            }
            Thread.sleep(delayMillis);
            to.shutdownOutput();
        } catch (IOException e) {
            // One end is gone. What it sent before is delivered; the other end is told.
            shut(to);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (from.isOutputShutdown()) {
            shut(from);
        }
    }

    private void shut(Socket socket) {
        open.remove(socket);
        try {
            socket.close();
        } catch (IOException e) {
            // It is of no use either way.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        open.forEach(this::shut);
    }
}
