package dev.millrace.protocol.json;

import static java.util.stream.Collectors.joining;

import java.util.Arrays;
import java.util.Locale;
import tools.jackson.core.SerializableString;
import tools.jackson.core.io.SerializedString;

/** The names of the fields in A2A's protocol buffer, from which ProtoJSON makes those in JSON. */
enum Name {
    ACCEPTED_OUTPUT_MODES,
    API_KEY_SECURITY_SCHEME,
    APPEND,
    ARTIFACT,
    ARTIFACT_ID,
    ARTIFACTS,
    ARTIFACT_UPDATE,
    AUTHENTICATION,
    AUTHORIZATION_CODE,
    AUTHORIZATION_URL,
    BEARER_FORMAT,
    CAPABILITIES,
    CLIENT_CREDENTIALS,
    CONFIGS,
    CONFIGURATION,
    CONTEXT_ID,
    CREDENTIALS,
    DATA,
    DEFAULT_INPUT_MODES,
    DEFAULT_OUTPUT_MODES,
    DESCRIPTION,
    DEVICE_AUTHORIZATION_URL,
    DEVICE_CODE,
    DOCUMENTATION_URL,
    EXAMPLES,
    EXTENDED_AGENT_CARD,
    EXTENSIONS,
    FILENAME,
    FLOWS,
    HEADER,
    HISTORY,
    HISTORY_LENGTH,
    HTTP_AUTH_SECURITY_SCHEME,
    ICON_URL,
    ID,
    IMPLICIT,
    INCLUDE_ARTIFACTS,
    INPUT_MODES,
    LAST_CHUNK,
    LIST,
    LOCATION,
    MEDIA_TYPE,
    MESSAGE,
    MESSAGE_ID,
    METADATA,
    MTLS_SECURITY_SCHEME,
    NAME,
    NEXT_PAGE_TOKEN,
    OAUTH2_METADATA_URL,
    OAUTH2_SECURITY_SCHEME,
    OPEN_ID_CONNECT_SECURITY_SCHEME,
    OPEN_ID_CONNECT_URL,
    ORGANIZATION,
    OUTPUT_MODES,
    PAGE_SIZE,
    PAGE_TOKEN,
    PARAMS,
    PARTS,
    PASSWORD,
    PKCE_REQUIRED,
    PROTECTED,
    PROTOCOL_BINDING,
    PROTOCOL_VERSION,
    PROVIDER,
    PUSH_NOTIFICATIONS,
    RAW,
    REFERENCE_TASK_IDS,
    REFRESH_URL,
    REQUIRED,
    RETURN_IMMEDIATELY,
    ROLE,
    SCHEME,
    SCHEMES,
    SCOPES,
    SECURITY_REQUIREMENTS,
    SECURITY_SCHEMES,
    SIGNATURE,
    SIGNATURES,
    SKILLS,
    STATE,
    STATUS,
    STATUS_TIMESTAMP_AFTER,
    STATUS_UPDATE,
    STREAMING,
    SUPPORTED_INTERFACES,
    TAGS,
    TASK,
    TASK_ID,
    TASK_PUSH_NOTIFICATION_CONFIG,
    TASKS,
    TENANT,
    TEXT,
    TIMESTAMP,
    TOKEN,
    TOKEN_URL,
    TOTAL_SIZE,
    URI,
    URL,
    VERSION;

    /** The name in the protocol buffer, such as {@code message_id}. */
    final String proto = name().toLowerCase(Locale.ROOT);

    /** The name in JSON, such as {@code messageId}. */
    final String json = camel(proto);

    /** The name in JSON as bytes, escaped and encoded once. */
    @SuppressWarnings("ImmutableEnumChecker") // a lazily filled cache of the same bytes, safe to share
    final SerializableString encoded = new SerializedString(json);

    /** True if the two names differ. */
    final boolean twoNames = !json.equals(proto);

    private static String camel(String proto) {
        String[] words = proto.split("_", -1);
        return words[0]
                + Arrays.stream(words, 1, words.length)
                        .map(word -> Character.toUpperCase(word.charAt(0)) + word.substring(1))
                        .collect(joining());
    }
}
