package dev.penstock.gateway.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import io.netty.util.ByteProcessor;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import java.util.List;

/**
 * Reads requests, and refuses what two programs might read in two ways: lines that do not end in CR LF, folded headers,
 * control characters, odd spacing in the request line, a length beside chunks. The decoder of Netty forgives some of
 * these, and another program before or behind this one may forgive others.
 */
final class StrictRequestDecoder extends VertxHttpRequestDecoder {
    private static final int MOST_EMPTY_LINES = 4;

    private final ByteProcessor headScan = this::acceptable;

    /** Nothing after a malformed message can be trusted. */
    private boolean broken;

    private boolean headComplete;

    /** Bytes of the head that have been looked at and not yet taken. */
    private int scanned;

    private int lineLength;
    private int emptyLines;
    private boolean afterCr;
    private boolean requestLineSeen;
    private boolean bad;
    private int wordEnd;

    StrictRequestDecoder(HttpServerOptions options) {
        super(options);
    }

    /** Whether a head has begun and is not complete. */
    boolean insideHead() {
        return !headComplete && !broken && (requestLineSeen || lineLength > 0);
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf buffer, List<Object> out) throws Exception {
        if (broken) {
            buffer.skipBytes(buffer.readableBytes());
            return;
        }
        if (!headComplete && !scan(buffer)) {
            broken = true;
            buffer.skipBytes(buffer.readableBytes());
            HttpMessage invalid = createInvalidMessage();
            invalid.setDecoderResult(DecoderResult.failure(new IllegalArgumentException("ambiguous request head")));
            out.add(invalid);
            return;
        }
        int begin = buffer.readerIndex();
        int known = out.size();
        super.decode(context, buffer, out);
        scanned = Math.max(0, scanned - (buffer.readerIndex() - begin));
        for (int i = known; i < out.size(); i++) {
            if (out.get(i) instanceof HttpObject part && part.decoderResult().isFailure()) {
                broken = true;
            } else if (out.get(i) instanceof LastHttpContent) {
                beginHead();
            }
        }
    }

    private void beginHead() {
        headComplete = false;
        requestLineSeen = false;
        afterCr = false;
        scanned = 0;
        lineLength = 0;
        emptyLines = 0;
    }

    private boolean scan(ByteBuf buffer) {
        int from = buffer.readerIndex() + scanned;
        int stop = buffer.forEachByte(from, buffer.writerIndex() - from, headScan);
        scanned = (stop < 0 ? buffer.writerIndex() : stop + 1) - buffer.readerIndex();
        return !bad;
    }

    /** One byte of a head; false ends the scan, at the end of the head or because of something bad. */
    private boolean acceptable(byte value) {
        if (afterCr) {
            afterCr = false;
            return value == '\n' ? lineEnded() : refused();
        }
        if (value == '\r') {
            afterCr = true;
            return true;
        }
        boolean blank = value == ' ' || value == '\t';
        if (value >= 0 && value < ' ' && !blank || value == 0x7f || blank && lineLength == 0) {
            return refused();
        }
        lineLength++;
        return true;
    }

    private boolean lineEnded() {
        if (lineLength > 0) {
            requestLineSeen = true;
            lineLength = 0;
            return true;
        }
        if (requestLineSeen) {
            headComplete = true;
            return false;
        }
        emptyLines++;
        return emptyLines <= MOST_EMPTY_LINES || refused();
    }

    private boolean refused() {
        bad = true;
        return false;
    }

    @Override
    protected String splitFirstWordInitialLine(byte[] line, int start, int length) {
        wordEnd = start + length;
        return super.splitFirstWordInitialLine(line, start, length);
    }

    @Override
    protected String splitSecondWordInitialLine(byte[] line, int start, int length) {
        afterOneSpace(line, start);
        wordEnd = start + length;
        return super.splitSecondWordInitialLine(line, start, length);
    }

    @Override
    protected String splitThirdWordInitialLine(byte[] line, int start, int length) {
        afterOneSpace(line, start);
        String version = super.splitThirdWordInitialLine(line, start, length);
        if (!version.equals("HTTP/1.1") && !version.equals("HTTP/1.0")) {
            throw new IllegalArgumentException("neither HTTP/1.1 nor HTTP/1.0");
        }
        return version;
    }

    private void afterOneSpace(byte[] line, int start) {
        if (start != wordEnd + 1 || line[wordEnd] != ' ') {
            throw new IllegalArgumentException("the words of a request line are parted by one space each");
        }
    }

    @Override
    protected AsciiString splitHeaderName(byte[] line, int start, int length) {
        if (length == 0) {
            throw new IllegalArgumentException("a header without a name");
        }
        return super.splitHeaderName(line, start, length);
    }

    @Override
    protected HttpMessage createMessage(String[] initialLine) {
        if (initialLine[2].isEmpty()) {
            throw new IllegalArgumentException("a request line has three words");
        }
        return super.createMessage(initialLine);
    }

    /** In HTTP/1.1, because the answer takes the version from here. */
    @Override
    protected HttpMessage createInvalidMessage() {
        return new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/", Unpooled.EMPTY_BUFFER);
    }

    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
        throw new IllegalArgumentException("a length beside chunks");
    }
}
