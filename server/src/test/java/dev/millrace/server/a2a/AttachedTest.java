package dev.millrace.server.a2a;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.UrlPart;
import dev.millrace.protocol.json.InvalidField;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** The files that messages name by {@code url} parts. */
class AttachedTest {
    private static final Map<String, String> ALICE = Map.of("A2A-Version", "1.0", "X-Owner", "alice");
    private static final Map<String, String> BOB = Map.of("A2A-Version", "1.0", "X-Owner", "bob");

    /** Alice has one file, whatever the tenant under which she sends it: a tenant parts tasks and owns nothing. */
    private static Message alicesFile(String identity, Message message) {
        if (message.parts().getFirst() instanceof UrlPart file) {
            if (!identity.equals("alice") || !file.url().equals("/files/plan")) {
                throw new InvalidField("message.parts[0].url", "names no file of yours");
            }
            return message.withParts(List.of(new UrlPart(file.url(), file.metadata(), "plan.pdf", "application/pdf")));
        }
        return message;
    }

    @ParameterizedTest
    @EnumSource
    void a_file_is_its_senders_under_every_tenant_and_nobody_elses_under_any(Tongue tongue) throws Exception {
        try (var house = new A2aHouse(
                new MemoryStore(),
                AgentCatalog.of("reader", turn -> turn.say("read")),
                settings -> settings.withTenants(Tenants.any()).withAttached(AttachedTest::alicesFile))) {
            for (String tenant : List.of("", ",\"tenant\":\"acme\"", ",\"tenant\":\"other\"")) {
                JsonNode part = tongue.call(house, "SendMessage", naming("/files/plan", tenant), ALICE)
                        .ok()
                        .at("/task/history/0/parts/0");
                assertThat(part.path("filename").asString()).isEqualTo("plan.pdf");
                assertThat(part.path("mediaType").asString()).isEqualTo("application/pdf");
                assertThat(tongue.call(house, "SendMessage", naming("/files/plan", tenant), BOB)
                                .text())
                        .contains("names no file of yours");
                assertThat(tongue.call(house, "SendMessage", naming("/files/another", tenant), ALICE)
                                .text())
                        .contains("names no file of yours");
            }
        }
    }

    private static String naming(String url, String tenant) {
        return "{\"message\":{\"messageId\":\"" + java.util.UUID.randomUUID()
                + "\",\"role\":\"ROLE_USER\",\"parts\":[{\"url\":\"" + url + "\"}]}" + tenant + "}";
    }
}
