package dev.penstock.openai;

import com.openai.core.http.HttpRequestBody;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** A body that was read once and can be sent any number of times. */
final class HeldBody implements HttpRequestBody {
    private final byte[] bytes;
    private final @Nullable String contentType;

    HeldBody(byte[] bytes, @Nullable String contentType) {
        this.bytes = bytes;
        this.contentType = contentType;
    }

    byte[] bytes() {
        return bytes;
    }

    @Override
    public void writeTo(OutputStream out) {
        try {
            out.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public InputStream content() {
        return new ByteArrayInputStream(bytes);
    }

    @Override
    public @Nullable String contentType() {
        return contentType;
    }

    @Override
    public long contentLength() {
        return bytes.length;
    }

    @Override
    public boolean repeatable() {
        return true;
    }

    @Override
    public void close() {}
}
