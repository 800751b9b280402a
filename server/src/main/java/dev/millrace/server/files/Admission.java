package dev.millrace.server.files;

import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;

/**
 * Who may have which file: whoever has a link to it; and without one everybody, or nobody, as the operator says, but an
 * uploaded file only its owner.
 */
final class Admission {
    private final LinkSigner signer;
    private final Guesses guesses;
    private final boolean linksOnly;
    private final Uploads.Owners uploads;
    private final Identity identity;

    Admission(LinkSigner signer, Guesses guesses, boolean linksOnly, Uploads.Owners uploads, Identity identity) {
        this.signer = signer;
        this.guesses = guesses;
        this.linksOnly = linksOnly;
        this.uploads = uploads;
        this.identity = identity;
    }

    /** Everybody may have everything; links are checked all the same, and none was ever given out. */
    static Admission open(InstantSource clock) {
        return new Admission(
                new LinkSigner(LinkKeys.random(), clock, signature -> false),
                new Guesses(clock),
                false,
                (owner, path) -> false,
                Identity.local());
    }

    /**
     * Lets the request pass.
     *
     * @return whether it is by a link
     * @throws HttpProblem 404 for every bad link, whatever is wrong with it; 429 for who has tried too many
     */
    boolean admit(Exchange exchange, String source, String path) throws HttpProblem, IOException {
        LinkQuery link = LinkQuery.of(exchange);
        if (!link.isThere()) {
            String owner = identity.owner(exchange);
            if (source.equals(Uploads.SOURCE) && !uploads.owns(owner, path)) {
                throw Problems.notFound();
            }
            if (linksOnly && !source.equals(Uploads.SOURCE)) {
                throw Problems.notFound();
            }
            return false;
        }
        String address = exchange.remoteAddress();
        Duration pause = guesses.pause(address);
        if (!pause.isZero()) {
            throw Problems.tooManyGuesses(pause);
        }
        if (signer.check(source + '/' + path, link.exp(), link.kid(), link.sig())
                .isEmpty()) {
            guesses.failed(address);
            throw Problems.notFound();
        }
        return true;
    }
}
