package dev.millrace.agents;

import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.ContentFilteredException;
import dev.langchain4j.exception.HttpException;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.TimeoutException;
import dev.langchain4j.exception.UnresolvedModelServerException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.millrace.agents.ModelFailure.Kind;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a model of LangChain4j threw, as a sentence for the one who waits for its answer. Which model it was, and where, is
 * not known here: LangChain4j's exceptions do not tell.
 */
final class ThrownByModel {
    private ThrownByModel() {}

    static ModelFailure of(Throwable thrown) {
        List<Throwable> chain = chain(thrown);
        for (Throwable each : chain) {
            if (each instanceof ModelFailure known) {
                return known;
            }
            if (each instanceof HttpException answered) {
                return of(answered, thrown);
            }
        }
        for (Throwable each : chain) {
            ModelFailure failure = ofOne(each, thrown);
            if (failure != null) {
                return failure;
            }
        }
        return failure(Kind.SERVER, "The model failed" + reason(chain) + ".", thrown);
    }

    private static ModelFailure of(HttpException answered, Throwable thrown) {
        int status = answered.statusCode();
        String body = answered.getMessage() == null ? "" : answered.getMessage();
        ModelFailures.Said said = ModelFailures.Said.in(body.getBytes(StandardCharsets.UTF_8));
        Kind kind = said.tooLong()
                ? Kind.TOO_LONG
                : said.noCredit()
                        ? Kind.QUOTA
                        : status >= 500 && said.noSuchModel() ? Kind.NO_SUCH_MODEL : kind(status);
        return failure(kind, sentence(kind) + " (HTTP " + status + ")." + said.quoted(), thrown);
    }

    private static Kind kind(int status) {
        return switch (status) {
            case 401, 403 -> Kind.AUTHENTICATION;
            case 404 -> Kind.NO_SUCH_MODEL;
            case 408, 504 -> Kind.SILENT;
            case 413 -> Kind.TOO_LONG;
            case 429 -> Kind.RATE_LIMIT;
            case 503, 529 -> Kind.OVERLOADED;
            default -> status >= 500 ? Kind.SERVER : Kind.REFUSED;
        };
    }

    private static @Nullable ModelFailure ofOne(Throwable each, Throwable thrown) {
        Kind kind =
                switch (each) {
                    case AuthenticationException _ -> Kind.AUTHENTICATION;
                    case RateLimitException _ -> Kind.RATE_LIMIT;
                    case ModelNotFoundException _ -> Kind.NO_SUCH_MODEL;
                    case ContentFilteredException _ -> Kind.FILTERED;
                    case TimeoutException _ -> Kind.SILENT;
                    case HttpConnectTimeoutException _ -> Kind.UNREACHABLE;
                    case HttpTimeoutException _ -> Kind.SILENT;
                    case UnresolvedModelServerException _ -> Kind.UNREACHABLE;
                    case UnresolvedAddressException _ -> Kind.UNREACHABLE;
                    case ConnectException _ -> Kind.UNREACHABLE;
                    case IOException _ -> Kind.CUT_OFF;
                    case InvalidRequestException _ -> Kind.REFUSED;
                    case UnsupportedFeatureException _ -> Kind.REFUSED;
                    case InternalServerException _ -> Kind.SERVER;
                    default -> null;
                };
        return kind == null ? null : failure(kind, sentence(kind) + reason(List.of(each)) + ".", thrown);
    }

    private static String sentence(Kind kind) {
        return switch (kind) {
            case UNREACHABLE -> "The model's server can't be reached; check its URL and the network";
            case AUTHENTICATION -> "The model's server does not accept the API key; check the key, and what it may use";
            case RATE_LIMIT -> "The model's server takes no more requests for now; wait a little, then send again";
            case QUOTA -> "The account at the model's provider has no credit left; add credit, or use another key";
            case OVERLOADED -> "The model's server has too much to do; send again in a while";
            case NO_SUCH_MODEL ->
                "There is no such model, or no such API at this URL; check the model's name and the URL";
            case TOO_LONG -> "The conversation is longer than the model takes; start a new chat or send less";
            case FILTERED -> "The provider's content filter stopped the answer; put the question differently";
            case REFUSED -> "The model can't be asked this; check its settings";
            case SILENT -> "The model was silent for too long; send again, or raise its timeout";
            case CUT_OFF -> "The connection to the model broke before the answer was whole; send again";
            case SERVER, UNINTELLIGIBLE, TOO_MANY_STEPS -> "The model's server failed; send again in a while";
        };
    }

    private static String reason(List<Throwable> chain) {
        return chain.stream()
                .map(Throwable::getMessage)
                .filter(message -> message != null && !message.isBlank())
                .findFirst()
                .map(message -> ": " + ModelFailures.oneLine(message))
                .orElse("");
    }

    private static ModelFailure failure(Kind kind, String message, Throwable cause) {
        return new ModelFailure(kind, message, null, cause);
    }

    private static List<Throwable> chain(Throwable thrown) {
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        var chain = new ArrayList<Throwable>();
        for (Throwable each = thrown; each != null && seen.add(each); each = each.getCause()) {
            chain.add(each);
        }
        return chain;
    }
}
