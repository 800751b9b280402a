package dev.millrace.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class ProxiesTest {
    private static final Set<String> HERE_AND_PRIVATE = Set.of("127.0.0.1", "10.0.0.0/8", "fd00::/8");

    /** What the server takes a request for that comes from 127.0.0.1 with these headers: address, scheme, authority. */
    private static String seen(Proxies proxies, String headers) throws Exception {
        var router = new Router()
                .get(
                        "/",
                        exchange -> exchange.respond(
                                200,
                                "text/plain",
                                (exchange.remoteAddress() + " " + (exchange.secure() ? "https" : "http") + " "
                                                + exchange.authority().orElse(""))
                                        .getBytes(StandardCharsets.UTF_8)));
        try (var server = TestServer.start(router, limits -> limits, builder -> builder.proxies(proxies));
                var socket = server.socket()) {
            String lines = headers.isEmpty() ? "" : headers.replace(" | ", "\r\n") + "\r\n";
            socket.getOutputStream()
                    .write(("GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n" + lines + "\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            String response = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(response).startsWith("HTTP/1.1 200");
            return response.substring(response.indexOf("\r\n\r\n") + 4);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', quoteCharacter = '`', textBlock = """
            ``                                                                              ! 127.0.0.1 http here
            X-Forwarded-For: 203.0.113.7                                                     ! 203.0.113.7 http here
            X-Forwarded-For: 203.0.113.7 | X-Forwarded-Proto: https | X-Forwarded-Host: a.org ! 203.0.113.7 https a.org
            X-Forwarded-For: 203.0.113.7:4711 | X-Forwarded-Host: a.org:8443                 ! 203.0.113.7 http a.org:8443
            X-Forwarded-For: [2001:db8::1]:4711                                              ! [2001:db8:0:0:0:0:0:1] http here
            X-Forwarded-For: 2001:db8::1                                                     ! [2001:db8:0:0:0:0:0:1] http here
            X-Forwarded-For: 6.6.6.6, 203.0.113.7                                            ! 203.0.113.7 http here
            X-Forwarded-For: 6.6.6.6, 203.0.113.7, 10.1.2.3, fd00::9                         ! 203.0.113.7 http here
            X-Forwarded-For: 6.6.6.6 | X-Forwarded-For: 203.0.113.7                          ! 203.0.113.7 http here
            X-Forwarded-For: 203.0.113.7, 10.1.2.3 | X-Forwarded-Proto: https, http          ! 203.0.113.7 https here
            X-Forwarded-For: 10.1.2.3                                                        ! 10.1.2.3 http here
            X-Forwarded-For: 6.6.6.6, unknown                                                ! 127.0.0.1 http here
            X-Forwarded-For: 6.6.6.6, 999.1.1.1                                              ! 127.0.0.1 http here
            X-Forwarded-For: 203.0.113.7 | X-Forwarded-Host: a.org/evil@b                    ! 203.0.113.7 http here
            X-Forwarded-Proto: https | X-Forwarded-Host: a.org                               ! 127.0.0.1 https a.org
            Forwarded: for=203.0.113.7;proto=https                                           ! 127.0.0.1 http here
            """)
    void the_last_who_is_no_proxy_is_the_client(String headers, String seen) throws Exception {
        assertThat(seen(Proxies.of(HERE_AND_PRIVATE, Proxies.Headers.X_FORWARDED), headers))
                .isEqualTo(seen);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', quoteCharacter = '`', textBlock = """
            Forwarded: for=203.0.113.7;proto=https;host=a.org                        ! 203.0.113.7 https a.org
            Forwarded: For="[2001:db8::1]:4711";Proto=HTTPS                          ! [2001:db8:0:0:0:0:0:1] https here
            Forwarded: for=6.6.6.6;host=evil, for=203.0.113.7;host="a.org:8443"      ! 203.0.113.7 http a.org:8443
            Forwarded: for=6.6.6.6, for=203.0.113.7;proto=https, for=10.9.9.9        ! 203.0.113.7 https here
            Forwarded: for=6.6.6.6 | Forwarded: for=203.0.113.7                      ! 203.0.113.7 http here
            Forwarded: for=6.6.6.6, for=_hidden;proto=https                          ! 127.0.0.1 https here
            Forwarded: for=203.0.113.7, what is this                                 ! 127.0.0.1 http here
            X-Forwarded-For: 6.6.6.6                                                 ! 127.0.0.1 http here
            """)
    void the_header_of_rfc_7239_is_read_the_same_way(String headers, String seen) throws Exception {
        assertThat(seen(Proxies.of(HERE_AND_PRIVATE, Proxies.Headers.FORWARDED), headers))
                .isEqualTo(seen);
    }

    @Test
    void nobody_else_is_believed() throws Exception {
        String lie = "X-Forwarded-For: 6.6.6.6 | X-Forwarded-Proto: https | X-Forwarded-Host: evil";
        assertThat(seen(Proxies.NONE, lie)).isEqualTo("127.0.0.1 http here");
        assertThat(seen(Proxies.of(Set.of("10.0.0.0/8", "127.0.0.2"), Proxies.Headers.X_FORWARDED), lie))
                .isEqualTo("127.0.0.1 http here");
    }

    @Test
    void a_network_is_as_long_as_it_says() throws Exception {
        assertThat(seen(
                        Proxies.of(Set.of("127.0.0.0/31", "10.64.0.0/10"), Proxies.Headers.X_FORWARDED),
                        "X-Forwarded-For: 10.128.0.1, 10.127.255.255"))
                .isEqualTo("10.128.0.1 http here");
        for (String wrong : new String[] {"", "here", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "fd00::/129"}) {
            assertThatThrownBy(() -> Proxies.of(Set.of(wrong), Proxies.Headers.X_FORWARDED))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("neither an address nor a network");
        }
    }
}
