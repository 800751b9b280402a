package dev.millrace.client;

import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Agents' cards, for clients that are made again and again: a card is used without asking for as long as its server allows
 * (RFC 9111: {@code Cache-Control}, {@code Age}), then asked for with {@code If-None-Match} and {@code If-Modified-Since},
 * so that one that is still right does not travel again. What may not be stored is not.
 *
 * <p>A card that was shown to one who proved who it is, is kept for requests with the same headers alone. Holds {@value
 * #MOST} cards; the one that was not used for longest gives way. Share one between clients: any thread.
 */
public final class CardCache {
    /** Far more agents than a program talks to. */
    static final int MOST = 256;

    /** What a card is kept by. */
    record Key(URI at, Map<String, String> headers) {
        Key {
            headers = Map.copyOf(headers);
        }
    }

    /**
     * A card that is kept.
     *
     * @param freshUntil until when nobody needs to ask
     */
    record Kept(
            FoundCard found,
            @Nullable String etag,
            @Nullable String modified,
            Instant freshUntil) {
        /** Asks for another card only. */
        void ask(HttpRequest.Builder request) {
            if (etag != null) {
                request.setHeader("If-None-Match", etag);
            }
            if (modified != null) {
                request.setHeader("If-Modified-Since", modified);
            }
        }
    }

    private final InstantSource clock;
    private final Map<Key, Kept> cards = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Kept> eldest) {
            return size() > MOST;
        }
    };

    public CardCache() {
        this(InstantSource.system());
    }

    CardCache(InstantSource clock) {
        this.clock = clock;
    }

    synchronized @Nullable Kept find(Key key) {
        return cards.get(key);
    }

    boolean fresh(Kept kept) {
        return clock.instant().isBefore(kept.freshUntil());
    }

    /** Keeps a card that has just come, with its answer's headers. */
    void keep(Key key, FoundCard found, HttpHeaders headers) {
        keep(key, found, null, null, headers);
    }

    /** Keeps a card longer that its server has just called right ({@code 304}), with that answer's headers. */
    void renew(Key key, Kept kept, HttpHeaders headers) {
        // A 304 need not say again what has not changed (RFC 9111, 4.3.4).
        keep(key, kept.found(), kept.etag(), kept.modified(), headers);
    }

    private synchronized void keep(
            Key key, FoundCard found, @Nullable String knownEtag, @Nullable String knownModified, HttpHeaders headers) {
        String control = String.join(",", headers.allValues("Cache-Control")).toLowerCase(Locale.ROOT);
        String etag = headers.firstValue("ETag").orElse(knownEtag);
        String modified = headers.firstValue("Last-Modified").orElse(knownModified);
        Duration fresh = freshness(control, headers);
        if (has(control, "no-store") || (etag == null && modified == null && !fresh.isPositive())) {
            cards.remove(key);
        } else {
            cards.put(key, new Kept(found, etag, modified, clock.instant().plus(fresh)));
        }
    }

    private static Duration freshness(String control, HttpHeaders headers) {
        if (has(control, "no-cache")) {
            return Duration.ZERO;
        }
        long maxAge = Arrays.stream(control.split(",", -1))
                .map(String::strip)
                .filter(directive -> directive.startsWith("max-age="))
                .mapToLong(directive -> seconds(directive.substring("max-age=".length())))
                .min()
                .orElse(0);
        long age = headers.firstValue("Age").map(CardCache::seconds).orElse(0L);
        return Duration.ofSeconds(Math.max(0, maxAge - age));
    }

    private static boolean has(String control, String directive) {
        return Arrays.stream(control.split(",", -1)).map(String::strip).anyMatch(directive::equals);
    }

    /** A number of seconds as headers have it; what is none is 0: ask again. */
    private static long seconds(String text) {
        return text.strip().matches("\\d{1,9}") ? Long.parseLong(text.strip()) : 0;
    }
}
