package dev.penstock.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.HttpResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.batches.Batch;
import com.openai.models.batches.BatchCreateParams;
import com.openai.models.batches.BatchListParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FileListParams;
import com.openai.models.files.FileObject;
import com.openai.models.files.FilePurpose;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files and batches by the official Java client, as it comes. */
@Timeout(60)
final class BatchSdkTest {
    private static final int MOST_LOOKS = 2_000;

    private final Emulator emulator = Emulator.start(EmulatorSettings.of(TwinSettings.builder()
            .limits(FamilyLimits.ofTier("1"))
            .batches(BatchSettings.standard()
                    .withPace(BatchPace.parse("10m"))
                    .withTimeScale(36_000)
                    .withExpiring(Set.of(2)))
            .build()));
    private final OpenAIClient client = OpenAIOkHttpClient.builder()
            .baseUrl(emulator.baseUri().toString())
            .apiKey("any")
            .timeout(Duration.ofSeconds(20))
            .build();

    @TempDir
    private Path directory;

    private Path input;

    @BeforeEach
    void writeInput() throws IOException {
        input = directory.resolve("in.jsonl");
        Files.writeString(input, BatchClient.chats(100));
    }

    @AfterEach
    void close() {
        client.close();
        emulator.close();
    }

    private FileObject upload() {
        return client.files()
                .create(FileCreateParams.builder()
                        .file(input)
                        .purpose(FilePurpose.BATCH)
                        .build());
    }

    private Batch create(String file) {
        return client.batches()
                .create(BatchCreateParams.builder()
                        .inputFileId(file)
                        .endpoint(BatchCreateParams.Endpoint.V1_CHAT_COMPLETIONS)
                        .completionWindow(BatchCreateParams.CompletionWindow._24H)
                        .metadata(BatchCreateParams.Metadata.builder()
                                .putAdditionalProperty("tag", JsonValue.from("job-7"))
                                .build())
                        .build());
    }

    private Batch whenItIs(Batch.Status status, String id) throws InterruptedException {
        for (int i = 0; i < MOST_LOOKS; i++) {
            Batch batch = client.batches().retrieve(id);
            if (batch.status().equals(status)) {
                return batch;
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
        throw new AssertionError("the batch is " + client.batches().retrieve(id).status());
    }

    private List<String> lines(String file) throws IOException {
        try (HttpResponse content = client.files().content(file);
                InputStream body = content.body()) {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
    }

    @Test
    void aBatchIsUploadedRunAndReadAsTheGuideShows() throws IOException, InterruptedException {
        FileObject file = upload();
        assertThat(file.filename()).isEqualTo("in.jsonl");
        assertThat(file.bytes()).isEqualTo(Files.size(input));
        Batch made = create(file.id());
        assertThat(made.status()).isEqualTo(Batch.Status.VALIDATING);
        assertThat(made.validate().metadata().orElseThrow()._additionalProperties())
                .containsEntry("tag", JsonValue.from("job-7"));
        Batch done = whenItIs(Batch.Status.COMPLETED, made.id()).validate();
        assertThat(done.requestCounts().orElseThrow().completed()).isEqualTo(100);
        assertThat(done.usage().orElseThrow().inputTokens()).isPositive();
        List<String> lines = lines(done.outputFileId().orElseThrow());
        assertThat(IntStream.range(0, 100))
                .allSatisfy(i -> assertThat(lines.get(i)).contains("\"custom_id\":\"r" + i + "\""));
        assertThat(emulator.ledger().batches().rowsRun()).isEqualTo(100);
        assertThat(emulator.ledger().arrived()).isZero();
    }

    @Test
    void anExpiredBatchHasBothFiles() throws IOException, InterruptedException {
        String file = upload().id();
        assertThat(whenItIs(Batch.Status.COMPLETED, create(file).id()).errorFileId())
                .isEmpty();
        Batch expired = whenItIs(Batch.Status.EXPIRED, create(file).id()).validate();
        assertThat(lines(expired.outputFileId().orElseThrow())).hasSize(50);
        assertThat(lines(expired.errorFileId().orElseThrow()))
                .hasSize(50)
                .allMatch(line -> line.contains("\"batch_expired\""));
    }

    @Test
    void aBatchIsCancelled() throws InterruptedException {
        assertThat(create(upload().id()).id()).isNotEmpty();
        // The second one would take two days.
        String id = create(upload().id()).id();
        assertThat(client.batches().cancel(id).status()).isEqualTo(Batch.Status.CANCELLING);
        assertThat(whenItIs(Batch.Status.CANCELLED, id).validate().cancelledAt())
                .isPresent();
    }

    @Test
    void aBatchThatIsWrongTellsWhere() throws IOException, InterruptedException {
        Files.writeString(input, BatchClient.chats(2) + "x\n");
        Batch failed = whenItIs(Batch.Status.FAILED, create(upload().id()).id()).validate();
        assertThat(failed.errors().orElseThrow().data().orElseThrow())
                .singleElement()
                .satisfies(error -> {
                    assertThat(error.code()).contains("invalid_json_line");
                    assertThat(error.line()).contains(3L);
                });
    }

    @Test
    void listsAreGoneThroughPageByPage() {
        List<String> files = IntStream.range(0, 5).mapToObj(i -> upload().id()).toList();
        assertThat(client.files()
                        .list(FileListParams.builder().limit(2).build())
                        .autoPager())
                .extracting(FileObject::id)
                .containsExactlyElementsOf(files.reversed());
        List<String> batches = files.stream().map(file -> create(file).id()).toList();
        assertThat(client.batches()
                        .list(BatchListParams.builder().limit(2).build())
                        .autoPager())
                .extracting(Batch::id)
                .containsExactlyElementsOf(batches.reversed());
    }

    @Test
    void aFileStaysAsLongAsTheUploadSaysAndIsDeleted() {
        FileObject file = client.files()
                .create(FileCreateParams.builder()
                        .file(input)
                        .purpose(FilePurpose.BATCH)
                        .expiresAfter(FileCreateParams.ExpiresAfter.builder()
                                .seconds(2_000_000)
                                .build())
                        .build());
        assertThat(file.expiresAt().orElseThrow() - file.createdAt()).isEqualTo(2_000_000);
        assertThat(client.files().retrieve(file.id()).id()).isEqualTo(file.id());
        assertThat(client.files().delete(file.id()).deleted()).isTrue();
        assertThatThrownBy(() -> client.files().retrieve(file.id())).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> create(file.id())).isInstanceOf(BadRequestException.class);
    }
}
