package dev.penstock.openai;

import com.openai.core.http.Headers;
import com.openai.core.http.HttpResponse;
import dev.penstock.pacing.PacedCall;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** An answer that is read while it comes. Its call ends with it: at its end, when it breaks off, or when it is closed. */
final class StreamedResponse implements HttpResponse {
    private final HttpResponse original;
    private final PacedCall call;
    private final InputStream body;

    StreamedResponse(HttpResponse original, PacedCall call) {
        this.original = original;
        this.call = call;
        this.body = new Body(original.body(), call);
    }

    @Override
    public int statusCode() {
        return original.statusCode();
    }

    @Override
    public Headers headers() {
        return original.headers();
    }

    @Override
    public InputStream body() {
        return body;
    }

    @Override
    public void close() {
        // Nothing if it was read to its end.
        call.cutOff();
        original.close();
    }

    private static final class Body extends FilterInputStream {
        private final PacedCall call;

        Body(InputStream in, PacedCall call) {
            super(in);
            this.call = call;
        }

        @Override
        public int read() throws IOException {
            try {
                int read = super.read();
                seen(read);
                return read;
            } catch (IOException e) {
                call.cutOff();
                throw e;
            }
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            try {
                int read = super.read(bytes, offset, length);
                seen(read);
                return read;
            } catch (IOException e) {
                call.cutOff();
                throw e;
            }
        }

        private void seen(int read) {
            if (read < 0) {
                call.ended();
            }
        }

        @Override
        public void close() throws IOException {
            call.cutOff();
            super.close();
        }
    }
}
