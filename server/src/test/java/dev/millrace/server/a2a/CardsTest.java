package dev.millrace.server.a2a;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.util.Base64URL;
import dev.millrace.client.CardSignatures;
import dev.millrace.client.JsonWebKeys;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.AgentCatalog.Listing;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.card.AgentCardSignature;
import dev.millrace.protocol.card.AgentSkill;
import dev.millrace.protocol.card.ApiKeySecurityScheme;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.CanonicalJson;
import dev.millrace.protocol.json.JsonText;
import dev.millrace.server.auth.SigningKey;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Cards that are signed, and cards for those who are known. */
class CardsTest {
    private static final String WELL_KNOWN = "/.well-known/agent-card.json";
    private static final SigningKey KEY = SigningKey.made();

    /** Tells those it knows of one more skill, which is theirs. */
    private static final CardAuthor AUTHOR = new CardAuthor() {
        @Override
        public AgentCard open(Listing agent, AgentCard card) {
            return with(card, "shared");
        }

        @Override
        public boolean extendsCards() {
            return true;
        }

        @Override
        public @Nullable AgentCard extended(Listing agent, String owner, AgentCard card) {
            return owner.equals("stranger") ? null : with(card, "of-" + owner);
        }

        private AgentCard with(AgentCard card, String skill) {
            var more =
                    AgentCard.named(card.name()).description(card.description()).version(card.version());
            card.supportedInterfaces().forEach(more::reachableAt);
            card.securitySchemes().forEach(more::securityScheme);
            card.securityRequirements().forEach(more::require);
            card.skills().forEach(more::skill);
            return more.capabilities(card.capabilities())
                    .skill(AgentSkill.of(skill, skill, "More.", "more"))
                    .build();
        }
    };

    private static A2aHouse house(UnaryOperator<A2aSettings> settings, String... agents) throws Exception {
        List<Listing> listings = java.util.Arrays.stream(agents)
                .map(name -> new Listing(name, "Says its name.", turn -> turn.say(name)))
                .toList();
        return new A2aHouse(new MemoryStore(), new AgentCatalog(listings), settings);
    }

    private static boolean verifies(JsonNode card, SigningKey key) throws Exception {
        AgentCardSignature signature =
                A2aJson.AGENT_CARD.read(card).signatures().getFirst();
        var unsigned = (ObjectNode) card.deepCopy();
        unsigned.remove("signatures");
        var jws = new JWSObject(
                new Base64URL(signature.protectedHeader()),
                new Payload(CanonicalJson.of(unsigned)),
                new Base64URL(signature.signature()));
        var keys = JWKSet.parse(new String(key.jwks(), java.nio.charset.StandardCharsets.UTF_8));
        var known = keys.getKeyByKeyId(jws.getHeader().getKeyID());
        return known != null && jws.verify(new ECDSAVerifier(known.toECKey()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/a2a", "/a2a/second"})
    void every_card_is_signed_and_a_change_shows(String under) throws Exception {
        try (var house = house(
                settings -> settings.withSigningKeys(List.of(KEY))
                        .withSecurity(() -> Map.of("k", new ApiKeySecurityScheme("ключ \u2028", "header", "K"))),
                "first",
                "second")) {
            JsonNode card = JsonText.parse(
                    A2aHouse.bytes(house.fetch(under + WELL_KNOWN).body()));
            assertThat(verifies(card, KEY)).isTrue();
            assertThat(verifies(card, SigningKey.made())).isFalse();
            JsonNode changed = card.deepCopy();
            ((ObjectNode) changed).put("description", "Says anything.");
            assertThat(verifies(changed, KEY)).isFalse();

            JsonNode header = JsonText.parse(
                    Base64URL.from(card.at("/signatures/0/protected").stringValue())
                            .decode());
            assertThat(header.get("alg").stringValue()).isEqualTo("ES256");
            assertThat(header.get("typ").stringValue()).isEqualTo("JOSE");
            assertThat(header.get("jku").stringValue())
                    .isEqualTo(house.uri("/.well-known/jwks.json").toString());
        }
    }

    @Test
    void a_card_is_signed_by_each_key_and_who_knows_one_of_them_can_check_it() throws Exception {
        SigningKey second = SigningKey.made(SigningKey.Algorithm.ED25519);
        try (var house = house(settings -> settings.withSigningKeys(List.of(KEY, second)), "first")) {
            JsonNode card =
                    JsonText.parse(A2aHouse.bytes(house.fetch(WELL_KNOWN).body()));
            for (List<SigningKey> known : List.of(List.of(KEY), List.of(second), List.of(KEY, second))) {
                var keys = JsonWebKeys.read(SigningKey.jwks(known));
                assertThat(CardSignatures.check(card, keys))
                        .hasSize(2)
                        .filteredOn(checked -> checked.verdict() == CardSignatures.Verdict.VALID)
                        .extracting(CardSignatures.Checked::keyId)
                        .containsExactlyElementsOf(
                                known.stream().map(SigningKey::id).toList());
            }
            ((ObjectNode) card).put("description", "Says anything.");
            assertThat(CardSignatures.check(card, JsonWebKeys.read(SigningKey.jwks(List.of(KEY, second)))))
                    .extracting(CardSignatures.Checked::verdict)
                    .containsOnly(CardSignatures.Verdict.INVALID);
        }
    }

    @Test
    void a_signed_card_that_is_known_is_not_sent_again_by_any_server_of_the_same_key() throws Exception {
        try (var house = house(settings -> settings.withSigningKeys(List.of(KEY)), "first")) {
            HttpResponse<String> first = house.fetch(WELL_KNOWN);
            String etag = first.headers().firstValue("ETag").orElseThrow();
            assertThat(etag).startsWith("W/\"");
            assertThat(house.fetch(WELL_KNOWN).body()).isNotEqualTo(first.body()); // no two signatures are the same
            assertThat(house.fetch(WELL_KNOWN).headers().firstValue("ETag")).contains(etag);
            assertThat(house.fetch(WELL_KNOWN, "If-None-Match", etag).statusCode())
                    .isEqualTo(304);
            assertThat(house.fetch(WELL_KNOWN, "If-None-Match", "\"x\"").statusCode())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @EnumSource
    void who_is_known_gets_a_card_of_its_own_over_each_binding(Tongue tongue) throws Exception {
        try (var house =
                house(settings -> settings.withSigningKeys(List.of(KEY)).withCards(AUTHOR), "first")) {
            AgentCard open = A2aJson.AGENT_CARD.read(
                    A2aHouse.bytes(house.fetch(WELL_KNOWN).body()));
            assertThat(open.capabilities().hasExtendedCard()).isTrue();
            assertThat(open.skills()).extracting(AgentSkill::id).containsExactly("first", "shared");

            JsonNode mine = tongue.call(house, "GetExtendedAgentCard", "{}", as("alice"))
                    .ok();
            AgentCard card = A2aJson.AGENT_CARD.read(mine);
            assertThat(card.skills()).extracting(AgentSkill::id).containsExactly("first", "shared", "of-alice");
            assertThat(card.supportedInterfaces()).isEqualTo(open.supportedInterfaces());
            assertThat(verifies(mine, KEY)).isTrue();

            assertThat(tongue.call(house, "GetExtendedAgentCard", "{}", as("stranger"))
                            .reason())
                    .isEqualTo("EXTENDED_AGENT_CARD_NOT_CONFIGURED");
        }
    }

    private static Map<String, String> as(String owner) {
        return Map.of("A2A-Version", "1.0", "X-Owner", owner);
    }

    @Test
    void an_agent_can_not_have_the_name_of_a_path() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> house(settings -> settings, "first", "tasks").close())
                .withMessageContaining("an agent can't be named \"tasks\"")
                .withMessageContaining("give it another name");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tasks", "extendedAgentCard"})
    void a_tenant_can_not_have_the_name_of_a_path(String tenant) {
        assertThat(Tenants.any().admits("me", tenant)).isFalse();
        assertThat(Tenants.any().admits("me", tenant + "2")).isTrue();
    }
}
