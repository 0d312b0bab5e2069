package dev.penstock.jobs;

import dev.penstock.http.UpstreamAddress;
import dev.penstock.http.UpstreamConnection;
import dev.penstock.http.UpstreamConnections;
import dev.penstock.time.Ticker;
import dev.penstock.verdict.Verdict;
import dev.penstock.verdict.Verdict.Fault;
import dev.penstock.wire.VerdictReader;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls of the Files and Batch API, one at a time. The caller waits; sockets and files are the event loop's. Files go from
 * and to the disk in pieces. A call ends when nothing has moved for a minute, so that a large file may take its time.
 */
final class BatchClient {
    private static final int MOST_BODY_BYTES = 64 << 20;
    private static final Duration STALLED_AFTER = Duration.ofMinutes(1);
    /** Longer than 200 MiB take over the slowest line that is of any use. */
    private static final Duration LONGEST_CALL = Duration.ofHours(6);

    private static final long LOOK_MILLIS = 500;
    /** Lines hold no carriage return, and so never what separates the parts of a form. */
    private static final String BOUNDARY = "penstock-form-boundary";

    private final Vertx vertx;
    private final Context context;
    private final Ticker ticker;
    private final UpstreamAddress address;
    private final UpstreamConnections connections;
    private final Optional<String> apiKey;
    private final String userAgent;
    private final long stallNanos;
    private volatile @Nullable Exchange current;

    BatchClient(Vertx vertx, RunSettings settings, Ticker ticker) {
        this(
                vertx,
                settings.baseUrl(),
                settings.apiKey(),
                settings.toolVersion(),
                settings.timeout().compareTo(STALLED_AFTER) < 0 ? settings.timeout() : STALLED_AFTER,
                ticker);
    }

    BatchClient(Vertx vertx, URI baseUrl, Optional<String> apiKey, String toolVersion, Duration stall, Ticker ticker) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.ticker = ticker;
        this.address = UpstreamAddress.of(baseUrl);
        this.connections = new UpstreamConnections(vertx, address, ticker, () -> {});
        this.apiKey = apiKey;
        this.userAgent = "penstock/" + toolVersion;
        this.stallNanos = stall.toNanos();
    }

    ApiReply get(String below) {
        return call(HttpMethod.GET, below, new byte[0]);
    }

    ApiReply delete(String below) {
        return call(HttpMethod.DELETE, below, new byte[0]);
    }

    ApiReply post(String below, byte[] json) {
        return call(HttpMethod.POST, below, json);
    }

    private ApiReply call(HttpMethod method, String below, byte[] json) {
        RequestOptions target = target(method, below);
        if (method == HttpMethod.POST) {
            target.putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
        }
        return await(new Exchange(target, json.length, pieces(json), Optional.empty()));
    }

    private static Supplier<byte[]> pieces(byte[] whole) {
        boolean[] given = new boolean[1];
        return () -> {
            byte[] piece = given[0] ? new byte[0] : whole;
            given[0] = true;
            return piece;
        };
    }

    /**
     * Uploads a file of purpose {@code batch}.
     *
     * @param bytes its length
     * @param chunks its content, piece by piece, an empty piece at the end; called on the event loop
     */
    ApiReply upload(String filename, long bytes, Supplier<byte[]> chunks) {
        byte[] head = ("--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--"
                        + BOUNDARY
                        + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + filename
                        + "\"\r\nContent-Type: application/jsonl\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8);
        byte[] tail = ("\r\n--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.UTF_8);
        RequestOptions target = target(HttpMethod.POST, "/files")
                .putHeader(HttpHeaders.CONTENT_TYPE, "multipart/form-data; boundary=" + BOUNDARY);
        int[] stage = new int[1];
        Supplier<byte[]> form = () -> {
            if (stage[0] == 0) {
                stage[0] = 1;
                return head;
            }
            byte[] chunk = stage[0] == 1 ? chunks.get() : new byte[0];
            if (chunk.length > 0 || stage[0] == 2) {
                return chunk;
            }
            stage[0] = 2;
            return tail;
        };
        return await(new Exchange(target, head.length + bytes + tail.length, form, Optional.empty()));
    }

    /** Fetches a file's content to the disk; what was there under this name before is overwritten. */
    ApiReply download(String fileId, Path to) {
        return await(new Exchange(
                target(HttpMethod.GET, "/files/" + escaped(fileId) + "/content"),
                0,
                pieces(new byte[0]),
                Optional.of(to)));
    }

    static String escaped(String id) {
        return URLEncoder.encode(id, StandardCharsets.UTF_8);
    }

    private RequestOptions target(HttpMethod method, String below) {
        RequestOptions target = address.request(method, below)
                .putHeader(HttpHeaders.ACCEPT, "application/json")
                .putHeader(HttpHeaders.USER_AGENT, userAgent);
        apiKey.ifPresent(key -> target.putHeader(HttpHeaders.AUTHORIZATION, "Bearer " + key));
        return target;
    }

    private ApiReply await(Exchange exchange) {
        current = exchange;
        context.runOnContext(ignored -> exchange.start());
        try {
            return exchange.result.get(LONGEST_CALL.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return exchange.giveUp("interrupted");
        } catch (TimeoutException e) {
            return exchange.giveUp("it took longer than " + LONGEST_CALL.toHours() + " h");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException defect) {
                throw defect;
            }
            throw new IllegalStateException("a call of the Batch API broke down", e.getCause());
        } finally {
            current = null;
        }
    }

    /** Ends the call that is under way, if there is one. Safe to call from any thread. */
    void abort() {
        Exchange exchange = current;
        if (exchange != null) {
            ApiReply unused = exchange.giveUp("interrupted");
        }
    }

    /** One request and its answer. Everything but {@link #result} is the event loop's. */
    private final class Exchange {
        final CompletableFuture<ApiReply> result = new CompletableFuture<>();
        private final RequestOptions target;
        private final Supplier<byte[]> pieces;
        private final Optional<Path> to;
        private long movedAt;
        private long timer = -1;
        private @Nullable HttpClientRequest request;
        private @Nullable OutputStream file;
        private Buffer body = Buffer.buffer();
        private boolean written;

        Exchange(RequestOptions target, long bytes, Supplier<byte[]> pieces, Optional<Path> to) {
            this.target = target;
            this.pieces = pieces;
            this.to = to;
            if (bytes > 0 || target.getMethod() == HttpMethod.POST) {
                target.putHeader(HttpHeaders.CONTENT_LENGTH, Long.toString(bytes));
            }
        }

        void start() {
            movedAt = ticker.nanos();
            timer = vertx.setPeriodic(LOOK_MILLIS, tick -> {
                if (ticker.nanos() - movedAt >= stallNanos) {
                    end(ApiReply.fault(
                            Fault.TIMEOUT,
                            address.place() + " moved nothing for "
                                    + Duration.ofNanos(stallNanos).toSeconds() + " s."));
                    reset();
                }
            });
            connections.take().onComplete(connected -> {
                if (connected.failed()) {
                    end(ApiReply.fault(Fault.CONNECT_FAILED, connections.connectFailure(connected.cause())));
                } else if (result.isDone()) {
                    connected.result().giveBack();
                } else {
                    open(connected.result());
                }
            });
        }

        private void open(UpstreamConnection connection) {
            connection.request(target).onComplete(opened -> {
                if (opened.failed()) {
                    connection.drop();
                    end(ApiReply.fault(Fault.CONNECT_FAILED, connections.connectFailure(opened.cause())));
                    return;
                }
                HttpClientRequest sending = opened.result();
                request = sending;
                if (result.isDone()) {
                    reset();
                    return;
                }
                sending.exceptionHandler(lost -> lost());
                sending.response().onComplete(answered -> {
                    if (answered.failed()) {
                        lost();
                    } else {
                        read(answered.result(), connection);
                    }
                });
                write(sending);
            });
        }

        private void write(HttpClientRequest sending) {
            try {
                while (!result.isDone()) {
                    movedAt = ticker.nanos();
                    if (sending.writeQueueFull()) {
                        sending.drainHandler(room -> write(sending));
                        return;
                    }
                    byte[] piece = pieces.get();
                    if (piece.length == 0) {
                        sending.end().onSuccess(sent -> written = true);
                        return;
                    }
                    sending.write(Buffer.buffer(piece)).onFailure(alreadyTold -> {});
                }
            } catch (RuntimeException e) { // the input has changed, or the job's file cannot be read
                result.completeExceptionally(e);
                reset();
            }
        }

        private void lost() {
            end(ApiReply.fault(
                    Fault.CONNECTION_LOST,
                    "The connection to " + address.place() + " was lost before the answer was complete."));
        }

        private void read(HttpClientResponse response, UpstreamConnection connection) {
            boolean toFile = to.isPresent() && response.statusCode() == 200;
            response.exceptionHandler(lost -> lost());
            response.handler(piece -> {
                movedAt = ticker.nanos();
                if (result.isDone()) {
                    return;
                }
                if (toFile) {
                    keep(piece);
                } else if (body.length() + piece.length() > MOST_BODY_BYTES) {
                    end(ApiReply.fault(
                            Fault.BROKEN_ANSWER,
                            address.place() + " answers with more than " + MOST_BODY_BYTES + " bytes."));
                    reset();
                } else {
                    body.appendBuffer(piece);
                }
            });
            response.endHandler(ignored -> {
                if (result.isDone()) {
                    return;
                }
                connection.finished(response, written);
                if (toFile) {
                    keep(Buffer.buffer());
                }
                byte[] bytes = body.getBytes();
                Verdict verdict = response.statusCode() == 200
                        ? new Verdict.Accepted()
                        : VerdictReader.read(response.statusCode(), response.headers()::get, bytes);
                end(new ApiReply(OptionalInt.of(response.statusCode()), bytes, verdict));
            });
        }

        private void keep(Buffer piece) {
            Path path = to.orElseThrow();
            try {
                OutputStream out = file;
                if (out == null) {
                    out = Files.newOutputStream(path);
                    file = out;
                }
                out.write(piece.getBytes());
            } catch (IOException e) {
                result.completeExceptionally(new StorageFullException(path, e));
                stopLooking();
                reset();
            }
        }

        private void end(ApiReply reply) {
            stopLooking();
            closeFile();
            boolean unused = result.complete(reply);
        }

        private void stopLooking() {
            if (timer >= 0) {
                boolean unused = vertx.cancelTimer(timer);
                timer = -1;
            }
        }

        private void closeFile() {
            try {
                if (file != null) {
                    file.close();
                    file = null;
                }
            } catch (IOException e) {
                result.completeExceptionally(new StorageFullException(to.orElseThrow(), e));
            }
        }

        private void reset() {
            stopLooking();
            HttpClientRequest sending = request;
            if (sending != null) {
                sending.reset().onFailure(alreadyClosed -> {});
            }
        }

        ApiReply giveUp(String why) {
            ApiReply reply = ApiReply.fault(Fault.CONNECTION_LOST, "The call was given up: " + why + ".");
            if (result.complete(reply)) {
                context.runOnContext(ignored -> {
                    closeFile();
                    reset();
                });
            }
            return reply;
        }
    }
}
