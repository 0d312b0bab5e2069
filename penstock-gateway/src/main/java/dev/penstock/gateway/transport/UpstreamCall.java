package dev.penstock.gateway.transport;

import dev.penstock.http.UpstreamConnection;
import dev.penstock.http.UpstreamConnections;
import dev.penstock.verdict.Verdict.Fault;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One attempt at an upstream. After the head the caller chooses what to wait for ({@link #collect}, {@link #firstEvent} or
 * nothing) and then passes the answer on, drops it, or cancels. Little is read from the upstream while nothing is chosen.
 *
 * <p>The listener hears of exactly one end: {@link Listener#failed}, {@link Listener#passedOn}, or that
 * {@link #collect} has it whole; none after {@link #cancel}. An answer that was collected whole may be passed on, and
 * {@link Listener#passedOn} is then called as well. Owned by one event loop.
 */
public final class UpstreamCall {
    private static final int MOST_FIRST_EVENT_BYTES = 256 << 10;
    private static final int OK = 200;

    /** Hears how the call goes, on the event loop. */
    public interface Listener {
        /** The head has come. Choose what to do, now or later. */
        void head(AnswerHead head);

        /**
         * The call broke; it is over. May come at any time after {@link #send} was called, also before it returns. If the
         * client has seen something of the answer, it has been cut off, and {@link Inbound#onGone} is not called.
         */
        void failed(CallFailure failure);

        /**
         * The last byte was handed to the client's connection; the call is over, and so is the client's request. May come
         * before {@link #passOn} returns.
         */
        void passedOn();
    }

    private enum Step {
        NEW,
        SENT,
        /** The head is there and the caller has not said what to do with the body. */
        CHOOSING,
        COLLECTING,
        FIRST_EVENT,
        PASSING_ON,
        OVER
    }

    private final UpstreamConnections connections;
    private final OutboundRequest request;
    private final Listener listener;
    private Step step = Step.NEW;
    private @Nullable UpstreamConnection connection;
    private @Nullable HttpClientRequest exchange;
    private @Nullable HttpClientResponse response;
    private @Nullable AnswerHead head;
    private boolean sent;
    private boolean ended;
    private boolean held;
    private Pieces kept = new Pieces();
    private int mostCollected;
    private Consumer<Collected> whenCollected = collected -> {};
    private Consumer<FirstEvent> whenEvent = event -> {};
    private @Nullable SseScanner scanner;
    private @Nullable Inbound client;
    private boolean headPassedOn;
    private boolean clientSaw;
    private Map<String, String> added = Map.of();
    private Consumer<Buffer> tap = piece -> {};
    private OptionalLong length = OptionalLong.empty();
    private long passedBytes;
    private @Nullable Buffer lastPiece;

    public UpstreamCall(UpstreamConnections connections, OutboundRequest request, Listener listener) {
        this.connections = connections;
        this.request = request;
        this.listener = listener;
    }

    /** Sends it; once. */
    public void send() {
        if (step != Step.NEW) {
            throw new IllegalStateException("this call was sent or cancelled before; make another one");
        }
        step = Step.SENT;
        connections.take().onComplete(this::connected);
    }

    private void connected(AsyncResult<UpstreamConnection> taken) {
        if (taken.failed()) {
            fail(Fault.CONNECT_FAILED, connections.connectFailure(taken.cause()));
            return;
        }
        UpstreamConnection got = taken.result();
        if (step == Step.OVER) {
            got.giveBack();
            return;
        }
        connection = got;
        RequestOptions target = connections
                .address()
                .request(request.method(), request.target())
                .setHeaders(request.headers().toMultiMap());
        got.request(target).onComplete(begun -> {
            if (begun.succeeded()) {
                begin(begun.result());
            } else {
                // It was closed while nobody used it, so nothing was sent.
                drop();
                fail(Fault.CONNECT_FAILED, connections.connectFailure(begun.cause()));
            }
        });
    }

    private void begin(HttpClientRequest opened) {
        if (step == Step.OVER) {
            return;
        }
        exchange = opened;
        opened.exceptionHandler(this::lost);
        opened.response().onComplete(answered -> {
            if (answered.failed()) {
                lost(answered.cause());
            } else {
                headCame(answered.result());
            }
        });
        switch (request.body()) {
            case OutboundRequest.Body.None none -> {
                if (expectsBody(request.method())) {
                    opened.putHeader(HttpHeaders.CONTENT_LENGTH, "0");
                }
                Future<Void> unused = opened.end().onSuccess(done -> sent = true);
            }
            case OutboundRequest.Body.Bytes bytes -> {
                Future<Void> unused = opened.end(bytes.bytes()).onSuccess(done -> sent = true);
            }
            case OutboundRequest.Body.Piped piped -> pipe(piped.from(), opened);
        }
    }

    private static boolean expectsBody(HttpMethod method) {
        return method == HttpMethod.POST || method == HttpMethod.PUT || method == HttpMethod.PATCH;
    }

    private void pipe(Inbound from, HttpClientRequest to) {
        OptionalLong announced = from.bodyLength();
        if (announced.isPresent()) {
            to.putHeader(HttpHeaders.CONTENT_LENGTH, Long.toString(announced.getAsLong()));
        } else {
            to.setChunked(true);
        }
        if (!from.hasBody()) {
            Future<Void> unused = to.end().onSuccess(done -> sent = true);
            return;
        }
        from.sinkGone(this::cancel);
        to.drainHandler(ready -> from.resumeBody());
        from.startBody(
                piece -> {
                    if (exchange == to) {
                        Future<Void> unused = to.write(piece);
                        if (to.writeQueueFull()) {
                            from.pauseBody();
                        }
                    }
                },
                () -> {
                    if (exchange == to) {
                        Future<Void> unused = to.end().onSuccess(done -> sent = true);
                    }
                });
    }

    private void headCame(HttpClientResponse answer) {
        if (step == Step.OVER) {
            return;
        }
        if (answer.statusCode() < OK) {
            drop();
            fail(
                    Fault.BROKEN_ANSWER,
                    connections.address().place() + " answers with status " + answer.statusCode()
                            + ", which nobody asked for.");
            return;
        }
        response = answer;
        answer.exceptionHandler(this::lost);
        answer.handler(this::piece);
        answer.endHandler(end -> ended());
        length = announcedLength(answer);
        AnswerHead came = new AnswerHead(answer.statusCode(), answer.statusMessage(), answer.headers());
        head = came;
        step = Step.CHOOSING;
        listener.head(came);
        if (step == Step.CHOOSING) {
            hold();
        }
    }

    private static OptionalLong announcedLength(HttpClientResponse answer) {
        String text = answer.headers().get(HttpHeaders.CONTENT_LENGTH);
        return text == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(text));
    }

    private void piece(Buffer piece) {
        switch (step) {
            case CHOOSING -> kept.add(piece);
            case COLLECTING -> {
                kept.add(piece);
                if (kept.length() > mostCollected) {
                    choose();
                    whenCollected.accept(new Collected.TooLarge());
                    holdIfChoosing();
                }
            }
            case FIRST_EVENT -> {
                kept.add(piece);
                look(piece);
            }
            case PASSING_ON -> passOn(piece);
            case NEW, SENT, OVER -> {}
        }
    }

    private void look(Buffer piece) {
        SseScanner looking = scanner == null ? new SseScanner() : scanner;
        scanner = looking;
        FirstEvent.Seen seen = looking.feed(piece);
        if (seen != null || kept.length() > MOST_FIRST_EVENT_BYTES) {
            choose();
            whenEvent.accept(seen == null ? new FirstEvent.TooLong() : seen);
            holdIfChoosing();
        }
    }

    private void choose() {
        step = Step.CHOOSING;
    }

    private void holdIfChoosing() {
        if (step == Step.CHOOSING) {
            hold();
        }
    }

    private void hold() {
        UpstreamConnection lent = connection;
        if (!held && lent != null) {
            held = true;
            lent.reading(false);
        }
    }

    private void goOn() {
        UpstreamConnection lent = connection;
        if (held && lent != null) {
            held = false;
            lent.reading(true);
        }
    }

    private void ended() {
        if (step == Step.OVER) {
            return;
        }
        ended = true;
        UpstreamConnection lent = connection;
        HttpClientResponse answer = response;
        if (lent != null && answer != null) {
            connection = null;
            exchange = null;
            lent.finished(answer, sent);
        }
        switch (step) {
            case COLLECTING -> collected();
            case FIRST_EVENT -> {
                choose();
                whenEvent.accept(new FirstEvent.None());
            }
            case PASSING_ON -> finish();
            case CHOOSING, NEW, SENT, OVER -> {}
        }
    }

    private void collected() {
        choose();
        Buffer body = kept.take();
        kept.add(body);
        whenCollected.accept(new Collected.Whole(body));
    }

    /**
     * Waits for the whole body; once, after the head.
     *
     * @param mostBytes from which length on to give up and stream
     */
    public void collect(int mostBytes, Consumer<Collected> then) {
        requireChoosing();
        mostCollected = mostBytes;
        whenCollected = then;
        step = Step.COLLECTING;
        if (ended) {
            collected();
        } else if (kept.length() > mostBytes) {
            choose();
            then.accept(new Collected.TooLarge());
        } else {
            goOn();
        }
    }

    /** Waits for the first complete event of a stream, for at most 256 KiB; once, after the head. */
    public void firstEvent(Consumer<FirstEvent> then) {
        requireChoosing();
        whenEvent = then;
        step = Step.FIRST_EVENT;
        if (kept.length() > 0) {
            Buffer sofar = kept.take();
            kept.add(sofar);
            look(sofar);
        }
        if (step == Step.FIRST_EVENT && ended) {
            choose();
            then.accept(new FirstEvent.None());
        } else if (step == Step.FIRST_EVENT) {
            goOn();
        }
    }

    private void requireChoosing() {
        if (step != Step.CHOOSING) {
            throw new IllegalStateException(
                    "this call has no head yet, or is over, or something was chosen already; choose once, after the head");
        }
    }

    /**
     * Passes the answer on: head, what has been kept, and the rest as it comes, each piece at once. If the client leaves,
     * the call is cancelled before {@link Inbound#onGone} is called. If the upstream dies, the client is cut off.
     *
     * @param added further headers for the client
     * @param tap sees each piece of the body, which it must neither keep nor change
     */
    public void passOn(Inbound to, Map<String, String> added, Consumer<Buffer> tap) {
        requireChoosing();
        if (to.gone()) {
            cancel();
            return;
        }
        this.client = to;
        this.added = added;
        this.tap = tap;
        this.headPassedOn = to.headSent();
        step = Step.PASSING_ON;
        to.sinkGone(this::cancel);
        Buffer before = kept.length() > 0 ? kept.take() : null;
        if (before != null) {
            passOn(before);
        }
        if (ended) {
            finish();
        } else if (step == Step.PASSING_ON) {
            if (before == null) {
                // If the body follows in the same packet, head and body are sent in one.
                to.soon(this::passHeadOn);
            }
            if (to.full()) {
                waitForClient(to);
            } else {
                goOn();
            }
        }
    }

    private void passHeadOn() {
        Inbound to = client;
        if (step == Step.PASSING_ON
                && to != null
                && !headPassedOn
                && !to.hasNoBody(Objects.requireNonNull(head).status())) {
            fillHead(to);
            to.writeHead();
        }
    }

    private void fillHead(Inbound to) {
        if (!headPassedOn) {
            headPassedOn = true;
            clientSaw = true;
            to.fill(Objects.requireNonNull(head), length, added);
        }
    }

    private void passOn(Buffer piece) {
        Inbound to = Objects.requireNonNull(client);
        tap.accept(piece);
        passedBytes += piece.length();
        if (length.isPresent() && passedBytes == length.getAsLong() || ended) {
            // The end comes at once and can be sent with it.
            lastPiece = piece;
            return;
        }
        fillHead(to);
        clientSaw = true;
        to.write(piece);
        if (to.full() && !held) {
            waitForClient(to);
        }
    }

    private void waitForClient(Inbound to) {
        hold();
        to.onDrain(this::goOn);
    }

    private void finish() {
        Inbound to = Objects.requireNonNull(client);
        step = Step.OVER;
        to.noSink();
        fillHead(to);
        to.end(lastPiece);
        listener.passedOn();
    }

    private void lost(Throwable cause) {
        if (step == Step.OVER || ended) {
            return;
        }
        drop();
        String place = connections.address().place();
        if (cause instanceof HttpClosedException
                || cause instanceof IOException
                || cause instanceof PrematureChannelClosureException) {
            fail(
                    Fault.CONNECTION_LOST,
                    head == null
                            ? "The connection to " + place + " was lost before an answer came."
                            : "The connection to " + place + " was lost in the middle of the answer.");
        } else {
            fail(Fault.BROKEN_ANSWER, place + " answers with something that is not HTTP/1.1.");
        }
    }

    private void fail(Fault fault, String explanation) {
        if (step == Step.OVER) {
            return;
        }
        step = Step.OVER;
        Inbound to = client;
        if (to != null) {
            to.noSink();
            if (clientSaw) {
                to.cut();
            }
        }
        listener.failed(new CallFailure(fault, clientSaw, explanation));
    }

    /** Ends the call, whatever it does: the upstream sees its connection closed. Harmless when the call is over. */
    public void cancel() {
        if (step != Step.OVER) {
            step = Step.OVER;
            Inbound to = client;
            if (to != null) {
                to.noSink();
            }
            drop();
        }
    }

    private void drop() {
        UpstreamConnection lent = connection;
        connection = null;
        exchange = null;
        if (lent != null) {
            lent.drop();
        }
    }

    /** Whether it has ended: nothing is under way at the upstream, and no call of the listener is to come. */
    public boolean over() {
        return step == Step.OVER || step == Step.CHOOSING && ended;
    }
}
