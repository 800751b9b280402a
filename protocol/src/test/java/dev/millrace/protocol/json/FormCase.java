package dev.millrace.protocol.json;

import dev.millrace.protocol.AnyA2a;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;

/** A form, and any value of it. */
record FormCase<T>(String name, JsonForm<T> form, Arbitrary<T> values) {

    /** A form and one value. */
    record Sample<T>(String name, JsonForm<T> form, T value) {
        byte[] written() {
            return form.write(value);
        }
    }

    Arbitrary<Sample<T>> samples() {
        return values.map(value -> new Sample<>(name, form, value));
    }

    /** Any value of any form. */
    static Arbitrary<Sample<?>> anySample() {
        return Arbitraries.of(all()).flatMap(form -> form.samples().map(sample -> (Sample<?>) sample));
    }

    /** Every form that {@link A2aJson} has; {@code RoundTripTest} checks that none is missing. */
    static List<FormCase<?>> all() {
        return List.of(
                new FormCase<>("TASK", A2aJson.TASK, AnyA2a.tasks()),
                new FormCase<>("TASK_STATUS", A2aJson.TASK_STATUS, AnyA2a.statuses()),
                new FormCase<>("MESSAGE", A2aJson.MESSAGE, AnyA2a.messages()),
                new FormCase<>("PART", A2aJson.PART, AnyA2a.parts()),
                new FormCase<>("ARTIFACT", A2aJson.ARTIFACT, AnyA2a.artifacts()),
                new FormCase<>("STATUS_UPDATE", A2aJson.STATUS_UPDATE, AnyA2a.statusUpdates()),
                new FormCase<>("ARTIFACT_UPDATE", A2aJson.ARTIFACT_UPDATE, AnyA2a.artifactUpdates()),
                new FormCase<>("STREAM_RESPONSE", A2aJson.STREAM_RESPONSE, AnyA2a.streamResponses()),
                new FormCase<>("SEND_MESSAGE_RESPONSE", A2aJson.SEND_MESSAGE_RESPONSE, AnyA2a.sendMessageResponses()),
                new FormCase<>("SEND_MESSAGE_REQUEST", A2aJson.SEND_MESSAGE_REQUEST, AnyA2a.sendMessageRequests()),
                new FormCase<>(
                        "SEND_MESSAGE_CONFIGURATION", A2aJson.SEND_MESSAGE_CONFIGURATION, AnyA2a.configurations()),
                new FormCase<>("GET_TASK_REQUEST", A2aJson.GET_TASK_REQUEST, AnyA2a.getTaskRequests()),
                new FormCase<>("LIST_TASKS_REQUEST", A2aJson.LIST_TASKS_REQUEST, AnyA2a.listTasksRequests()),
                new FormCase<>("LIST_TASKS_RESPONSE", A2aJson.LIST_TASKS_RESPONSE, AnyA2a.listTasksResponses()),
                new FormCase<>("CANCEL_TASK_REQUEST", A2aJson.CANCEL_TASK_REQUEST, AnyA2a.cancelTaskRequests()),
                new FormCase<>(
                        "SUBSCRIBE_TO_TASK_REQUEST",
                        A2aJson.SUBSCRIBE_TO_TASK_REQUEST,
                        AnyA2a.subscribeToTaskRequests()),
                new FormCase<>(
                        "GET_EXTENDED_AGENT_CARD_REQUEST",
                        A2aJson.GET_EXTENDED_AGENT_CARD_REQUEST,
                        AnyA2a.getExtendedAgentCardRequests()),
                new FormCase<>(
                        "TASK_PUSH_NOTIFICATION_CONFIG", A2aJson.TASK_PUSH_NOTIFICATION_CONFIG, AnyA2a.pushConfigs()),
                new FormCase<>("AUTHENTICATION_INFO", A2aJson.AUTHENTICATION_INFO, AnyA2a.authentications()),
                new FormCase<>(
                        "GET_TASK_PUSH_NOTIFICATION_CONFIG_REQUEST",
                        A2aJson.GET_TASK_PUSH_NOTIFICATION_CONFIG_REQUEST,
                        AnyA2a.getPushConfigRequests()),
                new FormCase<>(
                        "LIST_TASK_PUSH_NOTIFICATION_CONFIGS_REQUEST",
                        A2aJson.LIST_TASK_PUSH_NOTIFICATION_CONFIGS_REQUEST,
                        AnyA2a.listPushConfigsRequests()),
                new FormCase<>(
                        "LIST_TASK_PUSH_NOTIFICATION_CONFIGS_RESPONSE",
                        A2aJson.LIST_TASK_PUSH_NOTIFICATION_CONFIGS_RESPONSE,
                        AnyA2a.listPushConfigsResponses()),
                new FormCase<>(
                        "DELETE_TASK_PUSH_NOTIFICATION_CONFIG_REQUEST",
                        A2aJson.DELETE_TASK_PUSH_NOTIFICATION_CONFIG_REQUEST,
                        AnyA2a.deletePushConfigRequests()),
                new FormCase<>("AGENT_CARD", A2aJson.AGENT_CARD, AnyA2a.cards()),
                new FormCase<>("AGENT_INTERFACE", A2aJson.AGENT_INTERFACE, AnyA2a.interfaces()),
                new FormCase<>("AGENT_PROVIDER", A2aJson.AGENT_PROVIDER, AnyA2a.providers()),
                new FormCase<>("AGENT_CAPABILITIES", A2aJson.AGENT_CAPABILITIES, AnyA2a.capabilities()),
                new FormCase<>("AGENT_EXTENSION", A2aJson.AGENT_EXTENSION, AnyA2a.extensions()),
                new FormCase<>("AGENT_SKILL", A2aJson.AGENT_SKILL, AnyA2a.skills()),
                new FormCase<>("AGENT_CARD_SIGNATURE", A2aJson.AGENT_CARD_SIGNATURE, AnyA2a.signatures()),
                new FormCase<>("SECURITY_SCHEME", A2aJson.SECURITY_SCHEME, AnyA2a.schemes()),
                new FormCase<>("OAUTH_FLOWS", A2aJson.OAUTH_FLOWS, AnyA2a.flows()),
                new FormCase<>("SECURITY_REQUIREMENT", A2aJson.SECURITY_REQUIREMENT, AnyA2a.requirements()));
    }
}
