package dev.penstock.langchain4j;

import dev.langchain4j.exception.HttpException;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.NonRetriableException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.TimeoutException;
import dev.penstock.pacing.Next;
import dev.penstock.pacing.PacedCall;
import dev.penstock.pacing.RefusedException;
import dev.penstock.verdict.Verdict.Fault;
import dev.penstock.wire.HeaderLookup;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Predicate;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/** What exceptions of LangChain4j and its HTTP clients mean. */
final class Failures {
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int MOST_CAUSES = 10;

    private Failures() {}

    /** Tells a call that its attempt ended with an exception. */
    static Next tell(PacedCall call, Throwable thrown) {
        if (Thread.currentThread().isInterrupted() || find(thrown, InterruptedException.class) != null) {
            // Who interrupts a thread wants the call to end, and not to be tried again.
            call.cutOff();
            return new Next.GiveUp("The thread was interrupted.");
        }
        HttpException refusal = find(thrown, HttpException.class);
        if (refusal != null) {
            return call.refused(refusal.statusCode(), HeaderLookup.none(), body(refusal));
        }
        RateLimitException limit = find(thrown, RateLimitException.class);
        if (limit != null) {
            // Of a client that has no HTTP, or keeps it to itself.
            return call.refused(TOO_MANY_REQUESTS, HeaderLookup.none(), body(limit));
        }
        Optional<Fault> fault = fault(thrown);
        if (fault.isPresent()) {
            return call.broke(fault.get(), explanation(fault.get()));
        }
        call.cutOff();
        return new Next.GiveUp("The model failed in a way that repeating does not cure.");
    }

    /** LangChain4j repeats whatever does not say that this is in vain. */
    static NonRetriableException notLetThrough(RefusedException why) {
        return new NonRetriableException(why.getMessage(), why);
    }

    private static Optional<Fault> fault(Throwable thrown) {
        if (has(thrown, Failures::cannotConnect)) {
            return Optional.of(Fault.CONNECT_FAILED);
        }
        if (has(thrown, cause -> cause instanceof HttpTimeoutException || cause instanceof TimeoutException)) {
            return Optional.of(Fault.TIMEOUT);
        }
        if (has(thrown, InternalServerException.class::isInstance)) {
            return Optional.of(Fault.SERVER_ERROR);
        }
        return has(thrown, IOException.class::isInstance) ? Optional.of(Fault.CONNECTION_LOST) : Optional.empty();
    }

    private static boolean cannotConnect(Throwable cause) {
        return cause instanceof ConnectException
                || cause instanceof UnknownHostException
                || cause instanceof UnresolvedAddressException
                || cause instanceof NoRouteToHostException
                || cause instanceof SSLHandshakeException
                || cause instanceof HttpConnectTimeoutException;
    }

    /** In words of our own: what exceptions say may hold an address with a key in it. */
    private static String explanation(Fault fault) {
        return switch (fault) {
            case CONNECT_FAILED -> "The provider could not be reached.";
            case TIMEOUT -> "There was no whole answer in time.";
            case SERVER_ERROR, OVERLOADED, CONFLICT -> "Something broke at the provider.";
            case CONNECTION_LOST, BROKEN_ANSWER -> "The connection was lost before the answer was whole.";
        };
    }

    private static byte[] body(Throwable refusal) {
        String text = refusal.getMessage();
        byte[] bytes = text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
        return bytes.length <= PacedCall.MOST_ERROR_BYTES ? bytes : new byte[0]; // the status says enough
    }

    private static <T extends Throwable> @Nullable T find(Throwable thrown, Class<T> type) {
        Throwable cause = thrown;
        for (int i = 0; i < MOST_CAUSES && cause != null; i++) {
            if (type.isInstance(cause)) {
                return type.cast(cause);
            }
            cause = cause.getCause();
        }
        return null;
    }

    private static boolean has(Throwable thrown, Predicate<Throwable> wanted) {
        Throwable cause = thrown;
        for (int i = 0; i < MOST_CAUSES && cause != null; i++) {
            if (wanted.test(cause)) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }
}
