package dev.penstock.benchmarks;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * Sends chat completions to one port from one event loop, each on a connection of its own while it runs; connections are
 * kept open and used again. Nothing is repeated.
 */
final class LoadClient implements AutoCloseable {
    private static final String MODEL = "gpt-4o-mini";
    private static final String CHAT = "/v1/chat/completions";
    private static final int STATUS_LOST = 0;
    private static final int MOST_CONNECTIONS = 12_000;
    private static final Duration GRACE = Duration.ofSeconds(20);

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private final Context context = vertx.getOrCreateContext();
    private final HttpClientAgent http;
    private final HttpConnectOptions place;
    private final ArrayDeque<HttpClientConnection> idle = new ArrayDeque<>();
    private final List<HttpClientConnection> opened = new ArrayList<>();

    /** A target, a body and headers beside the content type. */
    record Sending(String target, Buffer body, Map<String, String> headers) {}

    /**
     * What became of one.
     *
     * @param status 0 if there was no whole answer
     * @param tookNanos to the last byte
     */
    record Answer(int status, long tookNanos) {}

    LoadClient(int port) {
        this.http = vertx.createHttpClient(new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_1_1)
                .setKeepAlive(true)
                .setTcpNoDelay(true));
        this.place = new HttpConnectOptions().setHost("127.0.0.1").setPort(port);
    }

    static Sending chat(String text, int mostOutput, Map<String, String> headers) {
        return new Sending(CHAT, body("", MODEL, text, mostOutput), headers);
    }

    /** One of another model, which has limits of its own. */
    static Sending chatOf(String model, String text, int mostOutput) {
        return new Sending(CHAT, body("", model, text, mostOutput), Map.of());
    }

    /** One whose answer is a stream; what follows the path tells that to an upstream that does not read bodies. */
    static Sending stream(String text, int mostOutput) {
        return new Sending(CHAT + "?of=/stream", body("\"stream\":true,", MODEL, text, mostOutput), Map.of());
    }

    private static Buffer body(String first, String model, String text, int mostOutput) {
        return Buffer.buffer("{" + first + "\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\""
                + text + "\"}],\"max_completion_tokens\":" + mostOutput + "}");
    }

    /** Sends one; on the event loop. */
    private void send(Sending sending, Consumer<Answer> then) {
        long began = System.nanoTime();
        Consumer<Answer> once = new Consumer<>() {
            private boolean told;

            @Override
            public void accept(Answer answer) {
                if (!told) {
                    told = true;
                    then.accept(answer);
                }
            }
        };
        connection()
                .onFailure(failure -> once.accept(new Answer(STATUS_LOST, System.nanoTime() - began)))
                .onSuccess(connection -> connection
                        .request(new RequestOptions()
                                .setMethod(HttpMethod.POST)
                                .setURI(sending.target)
                                .putHeader("content-type", "application/json")
                                .putHeader("authorization", "Bearer any"))
                        .compose(request -> {
                            sending.headers.forEach(request::putHeader);
                            return request.send(sending.body);
                        })
                        .onFailure(failure -> once.accept(new Answer(STATUS_LOST, System.nanoTime() - began)))
                        .onSuccess(response -> {
                            response.exceptionHandler(
                                    cut -> once.accept(new Answer(STATUS_LOST, System.nanoTime() - began)));
                            response.handler(piece -> {});
                            response.endHandler(end -> {
                                idle.addLast(connection);
                                once.accept(new Answer(response.statusCode(), System.nanoTime() - began));
                            });
                        }));
    }

    private Future<HttpClientConnection> connection() {
        HttpClientConnection last = idle.pollLast();
        if (last != null) {
            return Future.succeededFuture(last);
        }
        return http.connect(place).map(connection -> {
            opened.add(connection);
            connection.closeHandler(closed -> {
                boolean unused = idle.remove(connection);
            });
            return connection;
        });
    }

    /** Opens connections and uses none. */
    void open(int count, Duration atMost) throws InterruptedException {
        if (count > MOST_CONNECTIONS) {
            throw new IllegalArgumentException(count + " connections were asked for; there are " + MOST_CONNECTIONS);
        }
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        context.runOnContext(ignored -> openFurther(count, done));
        boolean unused = await(done, atMost);
    }

    private void openFurther(int left, CompletableFuture<Boolean> done) {
        if (left == 0) {
            done.complete(true);
            return;
        }
        http.connect(place).onFailure(done::completeExceptionally).onSuccess(connection -> {
            opened.add(connection);
            idle.addLast(connection);
            openFurther(left - 1, done);
        });
    }

    /** What many sendings made, in the order in which they ended. */
    static final class Many {
        private final List<Answer> answers = new ArrayList<>();
        private final CompletableFuture<List<Answer>> done = new CompletableFuture<>();
        private int sent;
        private int expected = Integer.MAX_VALUE;

        private void ended(Answer answer) {
            answers.add(answer);
            look();
        }

        private void look() {
            if (answers.size() >= expected) {
                done.complete(answers);
            }
        }

        /** How many have been answered or lost so far; only to be shown. */
        int ended() {
            return answers.size();
        }

        /** All answers; fails if they take longer. */
        List<Answer> await(Duration atMost) throws InterruptedException {
            return LoadClient.await(done, atMost);
        }
    }

    /** Sends so many at once. */
    Many atOnce(int count, IntFunction<Sending> sendings) {
        Many many = new Many();
        many.expected = count;
        context.runOnContext(ignored -> {
            for (int i = 0; i < count; i++) {
                send(sendings.apply(i), many::ended);
            }
        });
        return many;
    }

    /** Sends so many a second for a time, whether or not they are answered. */
    Many steadily(double perSecond, Duration time, IntFunction<Sending> sendings) {
        Many many = new Many();
        int count = (int) Math.round(perSecond * time.toNanos() / 1e9);
        many.expected = count;
        context.runOnContext(ignored -> {
            long began = System.nanoTime();
            long unused = vertx.setPeriodic(5, timer -> {
                long due = (long) ((System.nanoTime() - began) / 1e9 * perSecond) + 1;
                while (many.sent < Math.min(due, count)) {
                    send(sendings.apply(many.sent++), many::ended);
                }
                if (many.sent == count) {
                    boolean cancelled = vertx.cancelTimer(timer);
                }
            });
        });
        return many;
    }

    /**
     * What a closed loop made.
     *
     * @param tookNanos of the answers with status 200, ascending
     * @param failures other answers and none
     */
    record Loop(long[] tookNanos, long failures, double seconds) {
        double perSecond() {
            return tookNanos.length / seconds;
        }

        double millis(double share) {
            if (tookNanos.length == 0) {
                return Double.NaN;
            }
            return tookNanos[(int) Math.min(tookNanos.length - 1, Math.floor(share * tookNanos.length))] / 1e6;
        }
    }

    /** Sends the next one on each of some connections as soon as the last one is answered, for a time. */
    Loop loop(int connections, Duration time, Sending sending) throws InterruptedException {
        CompletableFuture<Loop> done = new CompletableFuture<>();
        context.runOnContext(ignored -> new Looping(connections, time, sending, done).begin());
        return await(done, time.plus(GRACE));
    }

    /**
     * Sends so many, a few at a time.
     *
     * @return how long each took that was answered with 429, ascending
     */
    long[] refusals(int atATime, int count, Sending sending, Duration atMost) throws InterruptedException {
        Many many = new Many();
        many.expected = count;
        context.runOnContext(ignored -> {
            for (int i = 0; i < atATime; i++) {
                nextOf(many, count, sending);
            }
        });
        return many.await(atMost).stream()
                .filter(answer -> answer.status == 429)
                .mapToLong(Answer::tookNanos)
                .sorted()
                .toArray();
    }

    private void nextOf(Many many, int count, Sending sending) {
        if (many.sent == count) {
            return;
        }
        many.sent++;
        send(sending, answer -> {
            many.ended(answer);
            nextOf(many, count, sending);
        });
    }

    private final class Looping {
        private final int connections;
        private final Sending sending;
        private final CompletableFuture<Loop> done;
        private final long began = System.nanoTime();
        private final long until;
        private long[] took = new long[1 << 14];
        private int answered;
        private long failures;
        private int running;

        Looping(int connections, Duration time, Sending sending, CompletableFuture<Loop> done) {
            this.connections = connections;
            this.sending = sending;
            this.done = done;
            this.until = began + time.toNanos();
        }

        void begin() {
            running = connections;
            for (int i = 0; i < connections; i++) {
                next();
            }
        }

        private void next() {
            send(sending, answer -> {
                if (answer.status == 200) {
                    if (answered == took.length) {
                        took = Arrays.copyOf(took, 2 * answered);
                    }
                    took[answered++] = answer.tookNanos;
                } else {
                    failures++;
                }
                // A target that refuses at once must not keep the loop from ending.
                if (System.nanoTime() - until < 0) {
                    next();
                } else if (--running == 0) {
                    long[] sorted = Arrays.copyOf(took, answered);
                    Arrays.sort(sorted);
                    done.complete(new Loop(sorted, failures, (System.nanoTime() - began) / 1e9));
                }
            });
        }
    }

    /** Leaves: closes every connection, whatever is under way. */
    void hangUp() {
        context.runOnContext(ignored -> {
            for (HttpClientConnection connection : List.copyOf(opened)) {
                Future<Void> unused = connection.shutdown(0, TimeUnit.MILLISECONDS);
            }
            opened.clear();
            idle.clear();
        });
    }

    private static <T> T await(CompletableFuture<T> future, Duration atMost) throws InterruptedException {
        try {
            return future.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the load could not be sent: " + e.getCause(), e);
        } catch (TimeoutException e) {
            throw new IllegalStateException("not everything was answered within " + atMost.toSeconds() + " s", e);
        }
    }

    @Override
    public void close() {
        boolean unused = vertx.close().toCompletionStage().toCompletableFuture().isDone();
    }
}
