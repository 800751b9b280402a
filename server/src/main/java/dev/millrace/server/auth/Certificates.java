package dev.millrace.server.auth;

import dev.millrace.protocol.card.MutualTlsSecurityScheme;
import dev.millrace.protocol.card.SecurityScheme;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.RequestHead;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.jspecify.annotations.Nullable;

/**
 * Clients that show a certificate over TLS. TLS has checked it already, against the authorities of the server's settings;
 * here it becomes an owner: {@code cert:} and the subject's common name, or all of the subject if it has none.
 */
final class Certificates implements Way {
    static final String PREFIX = "cert:";

    @Override
    public @Nullable String owner(RequestHead head) throws HttpProblem {
        Optional<X509Certificate> certificate = head.certificate();
        if (certificate.isEmpty()) {
            return null;
        }
        String name = name(certificate.get().getSubjectX500Principal().getName());
        if (name.isBlank() || name.length() > Owners.LONGEST || name.chars().anyMatch(Character::isISOControl)) {
            throw Way.refused("The certificate names nobody who could own something here: its subject needs a common"
                    + " name of at most " + Owners.LONGEST + " characters.");
        }
        return PREFIX + name;
    }

    private static String name(String subject) {
        try {
            // The most specific part comes last.
            for (Rdn part : new LdapName(subject).getRdns().reversed()) {
                if (part.getType().equalsIgnoreCase("CN") && part.getValue() instanceof String name) {
                    return name;
                }
            }
            return subject;
        } catch (InvalidNameException e) {
            return "";
        }
    }

    @Override
    public Map<String, SecurityScheme> schemes() {
        return Map.of(
                "mtls", new MutualTlsSecurityScheme("A client certificate that this server's authorities signed."));
    }
}
