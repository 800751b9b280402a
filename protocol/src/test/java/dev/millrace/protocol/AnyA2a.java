package dev.millrace.protocol;

import dev.millrace.protocol.card.AgentCapabilities;
import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.card.AgentCardSignature;
import dev.millrace.protocol.card.AgentExtension;
import dev.millrace.protocol.card.AgentInterface;
import dev.millrace.protocol.card.AgentProvider;
import dev.millrace.protocol.card.AgentSkill;
import dev.millrace.protocol.card.ApiKeySecurityScheme;
import dev.millrace.protocol.card.AuthorizationCodeOAuthFlow;
import dev.millrace.protocol.card.ClientCredentialsOAuthFlow;
import dev.millrace.protocol.card.DeviceCodeOAuthFlow;
import dev.millrace.protocol.card.HttpAuthSecurityScheme;
import dev.millrace.protocol.card.ImplicitOAuthFlow;
import dev.millrace.protocol.card.MutualTlsSecurityScheme;
import dev.millrace.protocol.card.OAuth2SecurityScheme;
import dev.millrace.protocol.card.OAuthFlows;
import dev.millrace.protocol.card.OpenIdConnectSecurityScheme;
import dev.millrace.protocol.card.PasswordOAuthFlow;
import dev.millrace.protocol.card.SecurityRequirement;
import dev.millrace.protocol.card.SecurityScheme;
import dev.millrace.protocol.operation.CancelTaskRequest;
import dev.millrace.protocol.operation.GetExtendedAgentCardRequest;
import dev.millrace.protocol.operation.GetTaskRequest;
import dev.millrace.protocol.operation.ListTasksRequest;
import dev.millrace.protocol.operation.ListTasksResponse;
import dev.millrace.protocol.operation.SendMessageConfiguration;
import dev.millrace.protocol.operation.SendMessageRequest;
import dev.millrace.protocol.operation.SubscribeToTaskRequest;
import dev.millrace.protocol.push.AuthenticationInfo;
import dev.millrace.protocol.push.DeleteTaskPushNotificationConfigRequest;
import dev.millrace.protocol.push.GetTaskPushNotificationConfigRequest;
import dev.millrace.protocol.push.ListTaskPushNotificationConfigsRequest;
import dev.millrace.protocol.push.ListTaskPushNotificationConfigsResponse;
import dev.millrace.protocol.push.TaskPushNotificationConfig;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Any value of each type of A2A, as it can be on the wire: for property tests. */
public final class AnyA2a {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private AnyA2a() {}

    // ---- values

    /** Any text that UTF-8 can carry, with the characters that JSON escapes and those that take two Java chars. */
    public static Arbitrary<String> texts() {
        return Arbitraries.oneOf(
                Arbitraries.strings().ascii().ofMaxLength(12),
                Arbitraries.strings()
                        .ofMaxLength(8)
                        .filter(text -> StandardCharsets.UTF_8.newEncoder().canEncode(text)),
                Arbitraries.of("", "é", "\uD83D\uDE00", "\u0000\u001f", "\"\\/\b\n\r\t", "\u2028", "\uFFFD", "null"));
    }

    public static Arbitrary<String> nonEmptyTexts() {
        return texts().filter(text -> !text.isEmpty());
    }

    /** Null or a text that is not empty: on the wire an empty optional text is an absent one. */
    public static Arbitrary<String> optionalTexts() {
        return nonEmptyTexts().injectNull(0.5);
    }

    public static Arbitrary<List<String>> textLists() {
        return texts().list().ofMaxSize(3);
    }

    public static Arbitrary<Instant> milliseconds() {
        return Arbitraries.longs()
                .between(
                        Instant.parse("0001-01-01T00:00:00Z").toEpochMilli(),
                        Instant.parse("9999-12-31T23:59:59.999Z").toEpochMilli())
                .map(Instant::ofEpochMilli);
    }

    /** Any JSON value. */
    public static Arbitrary<JsonNode> values() {
        return values(3);
    }

    private static Arbitrary<JsonNode> values(int depth) {
        Arbitrary<JsonNode> scalars = Arbitraries.oneOf(
                Arbitraries.of(JSON.nullNode(), JSON.booleanNode(true), JSON.booleanNode(false)),
                texts().map(JSON::stringNode),
                Arbitraries.integers().map(JSON::numberNode),
                Arbitraries.longs().greaterOrEqual(1L << 31).map(JSON::numberNode),
                Arbitraries.bigIntegers()
                        .between(BigInteger.TWO.pow(64), BigInteger.TEN.pow(40))
                        .map(JSON::numberNode),
                Arbitraries.doubles().map(JSON::numberNode));
        return depth == 0
                ? scalars
                : Arbitraries.frequencyOf(
                        Tuple.of(4, scalars),
                        Tuple.of(1, structs(depth - 1).map(struct -> (JsonNode) struct)),
                        Tuple.of(1, values(depth - 1).list().ofMaxSize(3).map(AnyA2a::array)));
    }

    private static JsonNode array(List<JsonNode> values) {
        ArrayNode array = JSON.arrayNode();
        values.forEach(array::add);
        return array;
    }

    /** Any JSON object. */
    public static Arbitrary<ObjectNode> structs() {
        return structs(2);
    }

    private static Arbitrary<ObjectNode> structs(int depth) {
        return Arbitraries.maps(texts(), values(depth)).ofMaxSize(3).map(fields -> {
            ObjectNode struct = JSON.objectNode();
            fields.forEach(struct::set);
            return struct;
        });
    }

    public static Arbitrary<ObjectNode> metadata() {
        return structs().injectNull(0.6);
    }

    // ---- the model

    public static Arbitrary<Part> parts() {
        return Arbitraries.oneOf(
                Combinators.combine(texts(), metadata(), optionalTexts(), optionalTexts())
                        .as(TextPart::new),
                Combinators.combine(
                                Arbitraries.bytes().array(byte[].class).ofMaxSize(20),
                                metadata(),
                                optionalTexts(),
                                optionalTexts())
                        .as(RawPart::new),
                Combinators.combine(texts(), metadata(), optionalTexts(), optionalTexts())
                        .as(UrlPart::new),
                Combinators.combine(values(), metadata(), optionalTexts(), optionalTexts())
                        .as(DataPart::new));
    }

    public static Arbitrary<Message> messages() {
        return Combinators.combine(
                        nonEmptyTexts(),
                        optionalTexts(),
                        optionalTexts(),
                        Arbitraries.of(Role.class),
                        parts().list().ofMaxSize(3),
                        metadata(),
                        textLists(),
                        textLists())
                .as(Message::new);
    }

    public static Arbitrary<Artifact> artifacts() {
        return Combinators.combine(
                        nonEmptyTexts(),
                        optionalTexts(),
                        optionalTexts(),
                        parts().list().ofMaxSize(3),
                        metadata(),
                        textLists())
                .as(Artifact::new);
    }

    public static Arbitrary<TaskStatus> statuses() {
        return Combinators.combine(
                        Arbitraries.of(TaskState.class),
                        messages().injectNull(0.5),
                        milliseconds().injectNull(0.2))
                .as(TaskStatus::new);
    }

    public static Arbitrary<Task> tasks() {
        return Combinators.combine(
                        nonEmptyTexts(),
                        optionalTexts(),
                        statuses(),
                        artifacts().list().ofMaxSize(2),
                        messages().list().ofMaxSize(2),
                        metadata())
                .as(Task::new);
    }

    public static Arbitrary<TaskStatusUpdateEvent> statusUpdates() {
        return Combinators.combine(nonEmptyTexts(), texts(), statuses(), metadata())
                .as(TaskStatusUpdateEvent::new);
    }

    public static Arbitrary<TaskArtifactUpdateEvent> artifactUpdates() {
        return Combinators.combine(
                        nonEmptyTexts(),
                        texts(),
                        artifacts(),
                        Arbitraries.of(true, false),
                        Arbitraries.of(true, false),
                        metadata())
                .as(TaskArtifactUpdateEvent::new);
    }

    public static Arbitrary<StreamResponse> streamResponses() {
        return Arbitraries.oneOf(tasks(), messages(), statusUpdates(), artifactUpdates());
    }

    public static Arbitrary<SendMessageResponse> sendMessageResponses() {
        return Arbitraries.oneOf(tasks(), messages());
    }

    // ---- operations

    private static Arbitrary<Integer> optionalIntegers() {
        return Arbitraries.integers().injectNull(0.4);
    }

    public static Arbitrary<SendMessageConfiguration> configurations() {
        return Combinators.combine(
                        textLists(), pushConfigs().injectNull(0.5), optionalIntegers(), Arbitraries.of(true, false))
                .as(SendMessageConfiguration::new);
    }

    public static Arbitrary<SendMessageRequest> sendMessageRequests() {
        return Combinators.combine(
                        optionalTexts(),
                        messages().filter(message -> !message.parts().isEmpty()),
                        configurations().injectNull(0.3),
                        metadata())
                .as(SendMessageRequest::new);
    }

    public static Arbitrary<GetTaskRequest> getTaskRequests() {
        return Combinators.combine(optionalTexts(), nonEmptyTexts(), optionalIntegers())
                .as(GetTaskRequest::new);
    }

    public static Arbitrary<CancelTaskRequest> cancelTaskRequests() {
        return Combinators.combine(optionalTexts(), nonEmptyTexts(), metadata()).as(CancelTaskRequest::new);
    }

    public static Arbitrary<SubscribeToTaskRequest> subscribeToTaskRequests() {
        return Combinators.combine(optionalTexts(), nonEmptyTexts()).as(SubscribeToTaskRequest::new);
    }

    public static Arbitrary<GetExtendedAgentCardRequest> getExtendedAgentCardRequests() {
        return optionalTexts().map(GetExtendedAgentCardRequest::new);
    }

    public static Arbitrary<ListTasksRequest> listTasksRequests() {
        return Combinators.combine(
                        optionalTexts(),
                        optionalTexts(),
                        Arbitraries.of(TaskState.class).injectNull(0.5),
                        optionalIntegers(),
                        optionalTexts(),
                        optionalIntegers(),
                        Combinators.combine(
                                        milliseconds(), Arbitraries.integers().between(0, 999_999))
                                .as(Instant::plusNanos)
                                .injectNull(0.5),
                        Arbitraries.of(true, false))
                .as(ListTasksRequest::new);
    }

    public static Arbitrary<ListTasksResponse> listTasksResponses() {
        return Combinators.combine(tasks().list().ofMaxSize(2), texts(), Arbitraries.integers(), Arbitraries.integers())
                .as(ListTasksResponse::new);
    }

    // ---- push

    public static Arbitrary<AuthenticationInfo> authentications() {
        return Combinators.combine(texts(), optionalTexts()).as(AuthenticationInfo::new);
    }

    public static Arbitrary<TaskPushNotificationConfig> pushConfigs() {
        return Combinators.combine(
                        optionalTexts(),
                        optionalTexts(),
                        optionalTexts(),
                        nonEmptyTexts(),
                        optionalTexts(),
                        authentications().injectNull(0.5))
                .as(TaskPushNotificationConfig::new);
    }

    public static Arbitrary<GetTaskPushNotificationConfigRequest> getPushConfigRequests() {
        return Combinators.combine(optionalTexts(), nonEmptyTexts(), nonEmptyTexts())
                .as(GetTaskPushNotificationConfigRequest::new);
    }

    public static Arbitrary<DeleteTaskPushNotificationConfigRequest> deletePushConfigRequests() {
        return Combinators.combine(optionalTexts(), nonEmptyTexts(), nonEmptyTexts())
                .as(DeleteTaskPushNotificationConfigRequest::new);
    }

    public static Arbitrary<ListTaskPushNotificationConfigsRequest> listPushConfigsRequests() {
        return Combinators.combine(optionalTexts(), nonEmptyTexts(), optionalIntegers(), optionalTexts())
                .as(ListTaskPushNotificationConfigsRequest::new);
    }

    public static Arbitrary<ListTaskPushNotificationConfigsResponse> listPushConfigsResponses() {
        return Combinators.combine(pushConfigs().list().ofMaxSize(3), optionalTexts())
                .as(ListTaskPushNotificationConfigsResponse::new);
    }

    // ---- the card

    private static Arbitrary<Map<String, String>> textMaps() {
        return Arbitraries.maps(texts(), texts()).ofMaxSize(3);
    }

    private static Arbitrary<Boolean> optionalFlags() {
        return Arbitraries.of(true, false).injectNull(0.3);
    }

    public static Arbitrary<AgentInterface> interfaces() {
        return Combinators.combine(nonEmptyTexts(), nonEmptyTexts(), optionalTexts(), texts())
                .as(AgentInterface::new);
    }

    public static Arbitrary<AgentProvider> providers() {
        return Combinators.combine(texts(), texts()).as(AgentProvider::new);
    }

    public static Arbitrary<AgentExtension> extensions() {
        return Combinators.combine(texts(), optionalTexts(), Arbitraries.of(true, false), metadata())
                .as(AgentExtension::new);
    }

    public static Arbitrary<AgentCapabilities> capabilities() {
        return Combinators.combine(
                        optionalFlags(), optionalFlags(), extensions().list().ofMaxSize(2), optionalFlags())
                .as(AgentCapabilities::new);
    }

    public static Arbitrary<SecurityRequirement> requirements() {
        return Arbitraries.maps(texts(), textLists()).ofMaxSize(3).map(SecurityRequirement::new);
    }

    public static Arbitrary<AgentSkill> skills() {
        return Combinators.combine(
                        texts(),
                        texts(),
                        texts(),
                        textLists(),
                        textLists(),
                        textLists(),
                        textLists(),
                        requirements().list().ofMaxSize(2))
                .as(AgentSkill::new);
    }

    public static Arbitrary<AgentCardSignature> signatures() {
        return Combinators.combine(texts(), texts(), metadata()).as(AgentCardSignature::new);
    }

    public static Arbitrary<OAuthFlows> flows() {
        return Arbitraries.oneOf(
                Combinators.combine(texts(), texts(), optionalTexts(), textMaps(), Arbitraries.of(true, false))
                        .as(AuthorizationCodeOAuthFlow::new),
                Combinators.combine(texts(), optionalTexts(), textMaps()).as(ClientCredentialsOAuthFlow::new),
                Combinators.combine(texts(), texts(), optionalTexts(), textMaps())
                        .as(DeviceCodeOAuthFlow::new),
                Combinators.combine(optionalTexts(), optionalTexts(), textMaps())
                        .as(ImplicitOAuthFlow::new),
                Combinators.combine(optionalTexts(), optionalTexts(), textMaps())
                        .as(PasswordOAuthFlow::new));
    }

    public static Arbitrary<SecurityScheme> schemes() {
        return Arbitraries.oneOf(
                Combinators.combine(optionalTexts(), texts(), texts()).as(ApiKeySecurityScheme::new),
                Combinators.combine(optionalTexts(), texts(), optionalTexts()).as(HttpAuthSecurityScheme::new),
                Combinators.combine(optionalTexts(), flows(), optionalTexts()).as(OAuth2SecurityScheme::new),
                Combinators.combine(optionalTexts(), texts()).as(OpenIdConnectSecurityScheme::new),
                optionalTexts().map(MutualTlsSecurityScheme::new));
    }

    public static Arbitrary<AgentCard> cards() {
        Arbitrary<AgentCard> plain = Combinators.combine(
                        texts(),
                        texts(),
                        interfaces().list().ofMaxSize(2),
                        providers().injectNull(0.5),
                        texts(),
                        texts().injectNull(0.5),
                        capabilities(),
                        texts().injectNull(0.5))
                .as((name, description, interfaces, provider, version, documentation, capabilities, icon) ->
                        new AgentCard(
                                name,
                                description,
                                interfaces,
                                provider,
                                version,
                                documentation,
                                capabilities,
                                Map.of(),
                                List.of(),
                                List.of(),
                                List.of(),
                                List.of(),
                                List.of(),
                                icon));
        return Combinators.combine(
                        plain,
                        Arbitraries.maps(texts(), schemes()).ofMaxSize(2),
                        requirements().list().ofMaxSize(2),
                        textLists(),
                        textLists(),
                        skills().list().ofMaxSize(2),
                        signatures().list().ofMaxSize(2))
                .as((card, schemes, requirements, in, out, skills, signatures) -> new AgentCard(
                        card.name(),
                        card.description(),
                        card.supportedInterfaces(),
                        card.provider(),
                        card.version(),
                        card.documentationUrl(),
                        card.capabilities(),
                        schemes,
                        requirements,
                        in,
                        out,
                        skills,
                        signatures,
                        card.iconUrl()));
    }
}
