package dev.millrace.server.a2a;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.card.AgentExtension;
import dev.millrace.protocol.card.AgentInterface;
import dev.millrace.protocol.json.A2aJson;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgentCardTest {
    private static final String WELL_KNOWN = "/.well-known/agent-card.json";

    private static A2aHouse house(UnaryOperator<A2aSettings> settings) throws Exception {
        return new A2aHouse(
                new MemoryStore(),
                new AgentCatalog(List.of(
                        new AgentCatalog.Listing("first", "The first one.", turn -> turn.say("1")),
                        new AgentCatalog.Listing("second", "The second one.", turn -> turn.say("2")))),
                settings);
    }

    private static AgentCard card(A2aHouse house, String path) throws Exception {
        HttpResponse<String> response = house.fetch(path);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
        return A2aJson.AGENT_CARD.read(A2aHouse.bytes(response.body()));
    }

    @ParameterizedTest
    @CsvSource({
        "'', first, /a2a",
        "/a2a, first, /a2a",
        "/a2a/first, first, /a2a/first",
        "/a2a/second, second, /a2a/second"
    })
    void each_agent_has_a_card_that_leads_to_it(String under, String name, String path) throws Exception {
        try (var house = house(settings -> settings)) {
            AgentCard card = card(house, under + WELL_KNOWN);
            assertThat(card.name()).isEqualTo(name);
            assertThat(card.description()).isNotBlank();
            assertThat(card.version()).isEqualTo("1.2.3");
            assertThat(card.skills()).hasSize(1);
            assertThat(card.capabilities().streams()).isTrue();
            assertThat(card.capabilities().pushNotifications()).isFalse();
            assertThat(card.capabilities().extensions())
                    .allSatisfy(extension -> assertThat(extension.required()).isFalse())
                    .extracting(AgentExtension::uri)
                    .containsExactly(
                            "https://millrace.dev/a2a/extensions/resume/v1",
                            "https://millrace.dev/a2a/extensions/tool-calls/v1");
            String http = house.uri(path).toString();
            String grpc = "127.0.0.1:" + house.server.port();
            String tenant = path.equals("/a2a") ? null : name;
            assertThat(card.supportedInterfaces())
                    .containsExactly(
                            new AgentInterface(http, "JSONRPC", null, "1.0"),
                            new AgentInterface(http, "HTTP+JSON", null, "1.0"),
                            new AgentInterface(grpc, "GRPC", tenant, "1.0"));
            URI url = URI.create(card.supportedInterfaces().getFirst().url());
            String answer = house.send(house.request(url.getPath(), A2aHouse.rpc("SendMessage", A2aHouse.say("x")))
                            .build())
                    .body();
            assertThat(answer).contains("TASK_STATE_COMPLETED");
        }
    }

    @Test
    void an_unknown_agent_has_none() throws Exception {
        try (var house = house(settings -> settings)) {
            assertThat(house.fetch("/a2a/third" + WELL_KNOWN).statusCode()).isEqualTo(404);
        }
    }

    @Test
    void behind_a_proxy_the_card_names_the_public_address() throws Exception {
        try (var house = house(settings -> settings.withPublicBase(URI.create("https://agents.example.org/")))) {
            assertThat(card(house, "/a2a/second" + WELL_KNOWN)
                            .supportedInterfaces()
                            .getFirst()
                            .url())
                    .isEqualTo("https://agents.example.org/a2a/second");
        }
    }

    @Test
    void a_card_that_is_known_is_not_sent_again() throws Exception {
        try (var house = house(settings -> settings.withCardMaxAge(Duration.ofSeconds(77)))) {
            HttpResponse<String> first = house.fetch(WELL_KNOWN);
            assertThat(first.headers().firstValue("Cache-Control")).contains("max-age=77");
            String etag = first.headers().firstValue("ETag").orElseThrow();
            assertThat(etag).matches("\"[A-Za-z0-9_-]+\"");
            for (String known : List.of(etag, "W/" + etag, "\"x\", " + etag, "*")) {
                HttpResponse<String> again = house.fetch(WELL_KNOWN, "If-None-Match", known);
                assertThat(again.statusCode()).as(known).isEqualTo(304);
                assertThat(again.body()).isEmpty();
                assertThat(again.headers().firstValue("ETag")).contains(etag);
                assertThat(again.headers().firstValue("Cache-Control")).contains("max-age=77");
            }
            assertThat(house.fetch(WELL_KNOWN, "If-None-Match", "\"x\"").statusCode())
                    .isEqualTo(200);
            assertThat(house.fetch("/a2a/second" + WELL_KNOWN, "If-None-Match", etag)
                            .statusCode())
                    .isEqualTo(200);
        }
    }
}
