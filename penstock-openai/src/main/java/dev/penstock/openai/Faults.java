package dev.penstock.openai;

import dev.penstock.verdict.Verdict.Fault;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Locale;
import javax.net.ssl.SSLHandshakeException;

/** What exceptions of the HTTP library mean. */
final class Faults {
    private static final int MOST_CAUSES = 10;

    private Faults() {}

    static Fault of(Throwable thrown) {
        Throwable cause = thrown;
        for (int i = 0; i < MOST_CAUSES && cause != null; i++) {
            Fault fault = known(cause);
            if (fault != Fault.CONNECTION_LOST) {
                return fault;
            }
            cause = cause.getCause();
        }
        return Fault.CONNECTION_LOST;
    }

    private static Fault known(Throwable cause) {
        String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        if (cause instanceof ConnectException
                || cause instanceof UnknownHostException
                || cause instanceof NoRouteToHostException
                || cause instanceof SSLHandshakeException
                || cause instanceof SocketTimeoutException && message.contains("connect")) {
            return Fault.CONNECT_FAILED;
        }
        if (cause instanceof java.io.InterruptedIOException) {
            return Fault.TIMEOUT; // of a read, or of the whole call
        }
        return Fault.CONNECTION_LOST;
    }

    /** In words of our own: what exceptions say may hold an address with a key in it. */
    static String explanation(Throwable thrown) {
        return switch (of(thrown)) {
            case CONNECT_FAILED -> "The provider could not be reached.";
            case TIMEOUT -> "There was no whole answer in time.";
            case SERVER_ERROR, OVERLOADED, CONNECTION_LOST, BROKEN_ANSWER, CONFLICT ->
                "The connection was lost before the answer was whole.";
        };
    }
}
