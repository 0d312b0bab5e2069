package dev.penstock.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.penstock.limit.Cost;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MultipartReaderTest {
    private static final String TYPE = "multipart/form-data; boundary=XX";

    @Test
    void aFormsFieldsAreReadAndItsFileIsNot() {
        RequestFacts facts = read(field("model", "gpt-image-1") + file("\0\r\nmodel\r\n\r\n--X\r\n-\u00ff")
                + field("n", " 3 ") + field("stream", "True") + field("prompt", "a cat") + "--XX--\r\n");
        assertThat(facts)
                .isEqualTo(new RequestFacts(
                        Endpoint.IMAGES_EDITS,
                        "gpt-image-1",
                        TextSize.NONE,
                        0,
                        0,
                        0,
                        0,
                        OptionalLong.empty(),
                        3,
                        true));
        assertThat(facts.images()).isEqualTo(3);
        assertThat(new CostEstimator(new CostCalibration()).cost(facts)).isEqualTo(new Cost(1, 0, 3));
    }

    @Test
    void aFormWithoutTheseFieldsHasDefaults() {
        RequestFacts facts = read(field("prompt", "a cat") + "--XX--");
        assertThat(facts.model()).isEmpty();
        assertThat(facts.choices()).isEqualTo(1);
        assertThat(facts.stream()).isFalse();
    }

    @Test
    void aFileThatIsCalledModelIsAFile() {
        String part = "--XX\r\nContent-Disposition: form-data; name=\"model\"; filename=\"n\"\r\n\r\nwrong\r\n";
        assertThat(read(part + "--XX--").model()).isEmpty();
        assertThat(read(part.replace("filename", "FileName*") + "--XX--").model())
                .isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "content-disposition:form-data;name=model",
                "CONTENT-DISPOSITION: form-data; NAME=model ",
                "Content-Type: text/plain\r\nContent-Disposition: form-data; name=\"model\"",
                "Content-Disposition: form-data; x=\"; name=n; filename=y\"; name=\"model\"",
                "Content-Disposition: form-data; flag; name=\"mo\\del\"",
            })
    void partsAreNamedInManyWays(String headers) {
        assertThat(read("--XX\r\n" + headers + "\r\n\r\nm\r\n--XX--").model()).isEqualTo("m");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "multipart/form-data; boundary=XX",
                "Multipart/Form-Data;boundary=\"XX\"",
                "multipart/form-data; charset=utf-8; BOUNDARY= XX ",
                "multipart/form-data ; boundary=XX; charset=utf-8",
            })
    void theBoundaryIsNamedInManyWays(String contentType) {
        assertThat(read(contentType, field("model", "m") + "--XX--").model()).isEqualTo("m");
    }

    @Test
    void whatStandsBeforeTheFirstBoundaryAndBehindTheLastIsPassedOver() {
        assertThat(read("preamble --XX\r\n" + field("model", "m") + "--XX--\r\n" + field("model", "other"))
                        .model())
                .isEqualTo("m");
    }

    @Test
    void emptyFieldsAndSpaceBehindABoundaryAreAllowed() {
        RequestFacts facts = read(
                "--XX \t\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n\r\n" + field("n", "2") + "--XX--");
        assertThat(facts.model()).isEmpty();
        assertThat(facts.choices()).isEqualTo(2);
    }

    @ParameterizedTest(name = "n={0}")
    @ValueSource(strings = {"0", "-1", "1001", "99999", "two", "1.5", "", "\u0663"})
    void aNumberThatDecidesTheCostMustBeOne(String n) {
        MalformedRequestException wrong = catchThrowableOfType(
                MalformedRequestException.class, () -> read(field("model", "m") + field("n", n) + "--XX--"));
        assertThat(wrong).hasMessage("line 8, column 1: n must be a whole number from 1 to 1000");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "",
                "--XX",
                "--XX\r\n",
                "--XXmore\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--XX--",
                "--XX\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm",
                "--XX\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--XX\r\n",
                "--XX\r\nContent-Disposition: form-data; name=\"model\"\r\nm\r\n--XX--",
                "--XX\nContent-Disposition: form-data; name=\"model\"\n\nm\n--XX--",
                "{\"model\":\"m\"}"
            })
    void whatIsNoWholeFormIsRefusedWithAPlace(String body) {
        MalformedRequestException wrong = catchThrowableOfType(MalformedRequestException.class, () -> read(body));
        assertThat(wrong.line()).isPositive();
        assertThat(wrong.expected()).contains("form");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; xboundary=XX"})
    void aFormNeedsItsBoundary(String contentType) {
        assertThatThrownBy(() -> read(contentType, field("model", "m") + "--XX--"))
                .isInstanceOf(MalformedRequestException.class)
                .hasMessageContaining("must name its boundary");
        assertThatThrownBy(() -> read("multipart/form-data; boundary=" + "X".repeat(71), ""))
                .isInstanceOf(MalformedRequestException.class);
    }

    @Test
    void noValueHeaderOrNumberOfPartsIsUnbounded() {
        assertThatThrownBy(() -> read(field("model", "m".repeat(257)) + "--XX--"))
                .hasMessageContaining("model must have at most 256 bytes")
                .hasMessageNotContaining("mmm");
        assertThatThrownBy(() -> read("--XX\r\nX: " + "y".repeat(9_000) + "\r\n\r\n\r\n--XX--"))
                .hasMessageContaining("within 8192 bytes");
        assertThatThrownBy(() -> read("--XX\r\n" + "X: y\r\n".repeat(3_000) + "\r\n\r\n--XX--"))
                .hasMessageContaining("within 8192 bytes");
        assertThatThrownBy(() -> read(field("a", "b").repeat(1_001) + "--XX--"))
                .hasMessageContaining("at most 1000 parts");
        // A prompt may be as long as it likes.
        assertThat(read(field("prompt", "x".repeat(100_000)) + field("model", "m") + "--XX--")
                        .model())
                .isEqualTo("m");
    }

    @Test
    void otherContentTypesAreReadAsJson() {
        byte[] json = "{\"model\":\"m\",\"prompt\":\"a cat\",\"n\":2}".getBytes(StandardCharsets.UTF_8);
        for (String type : new String[] {"application/json", "multipart/form-data2; boundary=XX", "text/plain"}) {
            assertThat(RequestFacts.read(Endpoint.IMAGES_GENERATIONS, type, json)
                            .images())
                    .isEqualTo(2);
        }
        assertThat(RequestFacts.read(Endpoint.IMAGES_GENERATIONS, null, json).model())
                .isEqualTo("m");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    @Timeout(20)
    void binaryFilesOfAnyContentChangeNothing(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 500; i++) {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            body.writeBytes(bytes("--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"));
            // Made of the bytes that matter, and never the delimiter itself.
            byte[] content = new byte[random.nextInt(200)];
            for (int at = 0; at < content.length; at++) {
                content[at] = (byte) "\r\n-XY\0".charAt(random.nextInt(6));
            }
            String file = new String(content, StandardCharsets.ISO_8859_1).replace("--XX", "--XY");
            body.writeBytes(bytes(file));
            body.writeBytes(bytes("\r\n" + field("model", "m" + i) + "--XX--\r\n"));
            assertThat(RequestFacts.read(Endpoint.AUDIO_TRANSCRIPTIONS, TYPE, body.toByteArray())
                            .model())
                    .as("seed %d, form %d", seed, i)
                    .isEqualTo("m" + i);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    @Timeout(20)
    void noBytesMakeItFailInAnotherWay(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] whole = bytes(field("model", "m") + file("abc") + field("n", "3") + "--XX--\r\n");
        for (int i = 0; i < 5_000; i++) {
            byte[] damaged = whole.clone();
            for (int change = random.nextInt(4); change >= 0; change--) {
                damaged[random.nextInt(damaged.length)] = (byte) "\r\n-X:;\"=\\\0".charAt(random.nextInt(10));
            }
            try {
                RequestFacts facts = RequestFacts.read(Endpoint.IMAGES_EDITS, TYPE, damaged);
                assertThat(facts.choices()).as("seed %d, form %d", seed, i).isBetween(1, 1_000);
            } catch (MalformedRequestException e) {
                assertThat(e.column()).as("seed %d, form %d", seed, i).isPositive();
            }
        }
    }

    private static String field(String name, String value) {
        return "--XX\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
    }

    private static String file(String content) {
        return "--XX\r\nContent-Disposition: form-data; name=\"image\"; filename=\"cat.png\"\r\n"
                + "Content-Type: image/png\r\n\r\n" + content + "\r\n";
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static RequestFacts read(String body) {
        return read(TYPE, body);
    }

    private static RequestFacts read(String contentType, String body) {
        return RequestFacts.read(Endpoint.IMAGES_EDITS, contentType, body.getBytes(StandardCharsets.UTF_8));
    }
}
