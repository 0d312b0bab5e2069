package dev.penstock.gateway.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SseScannerTest {
    @ParameterizedTest
    @CsvSource({
        "'data: 1\n\n', message, 1",
        "'data: 1\r\n\r\n', message, 1",
        "'data: 1\r\r', message, 1",
        "'data:1\n\n', message, 1",
        "'data:  1\n\n', message, ' 1'",
        "': hello\n\n: again\n\ndata: 1\n\n', message, 1",
        "'event: error\ndata: {\"a\":1}\n\n', error, '{\"a\":1}'",
        "'event: ping\n\ndata: 1\n\n', message, 1",
        "'id: 7\nretry: 5\ndata: a\ndata: b\ndata\n\n', message, 'a\nb\n'",
        "'\uFEFFdata: 1\n\n', message, 1",
        "'\n\r\n\rdata: é€\n\n', message, é€",
        "'data: 1\n\ndata: 2\n\n', message, 1"
    })
    void theFirstEventIsFoundWhereverPiecesEnd(String stream, String type, String data) {
        byte[] bytes = stream.getBytes(UTF_8);
        for (int first = 0; first <= bytes.length; first++) {
            SseScanner scanner = new SseScanner();
            FirstEvent.Seen seen = scanner.feed(Buffer.buffer().appendBytes(bytes, 0, first));
            if (seen == null) {
                seen = scanner.feed(Buffer.buffer().appendBytes(bytes, first, bytes.length - first));
            }
            assertThat(seen).as("cut at %s", first).isEqualTo(new FirstEvent.Seen(type, data));
        }
        SseScanner scanner = new SseScanner();
        FirstEvent.Seen seen = null;
        for (int i = 0; i < bytes.length && seen == null; i++) {
            seen = scanner.feed(Buffer.buffer(new byte[] {bytes[i]}));
        }
        assertThat(seen).as("byte by byte").isEqualTo(new FirstEvent.Seen(type, data));
    }

    @Test
    void commentsAndIncompleteEventsAreNoEvents() {
        for (String stream :
                new String[] {": x\n\n: y\n\n", "data: 1", "data: 1\n", "data: 1\r\n", "event: x\n\n", ""}) {
            assertThat(new SseScanner().feed(Buffer.buffer(stream))).as(stream).isNull();
        }
    }
}
