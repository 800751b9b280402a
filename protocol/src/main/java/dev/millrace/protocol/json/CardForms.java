package dev.millrace.protocol.json;

import static dev.millrace.protocol.json.Name.*;
import static java.util.Objects.requireNonNullElse;

import dev.millrace.protocol.card.AgentCapabilities;
import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.card.AgentCardSignature;
import dev.millrace.protocol.card.AgentExtension;
import dev.millrace.protocol.card.AgentInterface;
import dev.millrace.protocol.card.AgentProvider;
import dev.millrace.protocol.card.AgentSkill;

/** The agent card; how to authenticate is in {@link SecurityForms}. */
final class CardForms {
    private CardForms() {}

    static AgentCard readCard(FieldReader in) {
        return new AgentCard(
                in.requiredText(NAME),
                in.requiredText(DESCRIPTION),
                in.objects(SUPPORTED_INTERFACES, CardForms::readInterface),
                in.object(PROVIDER, CardForms::readProvider),
                in.requiredText(VERSION),
                in.textWithPresence(DOCUMENTATION_URL),
                in.requiredObject(CAPABILITIES, CardForms::readCapabilities),
                in.map(SECURITY_SCHEMES, (node, at) -> FieldReader.readObject(node, at, SecurityForms::readScheme)),
                in.objects(SECURITY_REQUIREMENTS, SecurityForms::readRequirement),
                in.texts(DEFAULT_INPUT_MODES),
                in.texts(DEFAULT_OUTPUT_MODES),
                in.objects(SKILLS, CardForms::readSkill),
                in.objects(SIGNATURES, CardForms::readSignature),
                in.textWithPresence(ICON_URL));
    }

    static void writeCard(AgentCard card, FieldWriter out) {
        out.requiredText(NAME, card.name());
        out.requiredText(DESCRIPTION, card.description());
        out.requiredObjects(SUPPORTED_INTERFACES, card.supportedInterfaces(), CardForms::writeInterface);
        out.object(PROVIDER, card.provider(), CardForms::writeProvider);
        out.requiredText(VERSION, card.version());
        out.textWithPresence(DOCUMENTATION_URL, card.documentationUrl());
        out.object(CAPABILITIES, card.capabilities(), CardForms::writeCapabilities);
        out.map(SECURITY_SCHEMES, card.securitySchemes(), SecurityForms::writeScheme);
        out.objects(SECURITY_REQUIREMENTS, card.securityRequirements(), SecurityForms::writeRequirement);
        out.requiredTexts(DEFAULT_INPUT_MODES, card.defaultInputModes());
        out.requiredTexts(DEFAULT_OUTPUT_MODES, card.defaultOutputModes());
        out.requiredObjects(SKILLS, card.skills(), CardForms::writeSkill);
        out.objects(SIGNATURES, card.signatures(), CardForms::writeSignature);
        out.textWithPresence(ICON_URL, card.iconUrl());
    }

    static AgentInterface readInterface(FieldReader in) {
        return new AgentInterface(
                in.id(URL), in.id(PROTOCOL_BINDING), in.text(TENANT), in.requiredText(PROTOCOL_VERSION));
    }

    static void writeInterface(AgentInterface supported, FieldWriter out) {
        out.requiredText(URL, supported.url());
        out.requiredText(PROTOCOL_BINDING, supported.protocolBinding());
        out.text(TENANT, supported.tenant());
        out.requiredText(PROTOCOL_VERSION, supported.protocolVersion());
    }

    static AgentProvider readProvider(FieldReader in) {
        return new AgentProvider(in.requiredText(URL), in.requiredText(ORGANIZATION));
    }

    static void writeProvider(AgentProvider provider, FieldWriter out) {
        out.requiredText(URL, provider.url());
        out.requiredText(ORGANIZATION, provider.organization());
    }

    static AgentCapabilities readCapabilities(FieldReader in) {
        return new AgentCapabilities(
                in.flagWithPresence(STREAMING),
                in.flagWithPresence(PUSH_NOTIFICATIONS),
                in.objects(EXTENSIONS, CardForms::readExtension),
                in.flagWithPresence(EXTENDED_AGENT_CARD));
    }

    static void writeCapabilities(AgentCapabilities capabilities, FieldWriter out) {
        out.flagWithPresence(STREAMING, capabilities.streaming());
        out.flagWithPresence(PUSH_NOTIFICATIONS, capabilities.pushNotifications());
        out.objects(EXTENSIONS, capabilities.extensions(), CardForms::writeExtension);
        out.flagWithPresence(EXTENDED_AGENT_CARD, capabilities.extendedAgentCard());
    }

    static AgentExtension readExtension(FieldReader in) {
        return new AgentExtension(
                requireNonNullElse(in.text(URI), ""), in.text(DESCRIPTION), in.flag(REQUIRED), in.struct(PARAMS));
    }

    static void writeExtension(AgentExtension extension, FieldWriter out) {
        out.text(URI, extension.uri());
        out.text(DESCRIPTION, extension.description());
        out.flag(REQUIRED, extension.required());
        out.struct(PARAMS, extension.params());
    }

    static AgentSkill readSkill(FieldReader in) {
        return new AgentSkill(
                in.requiredText(ID),
                in.requiredText(NAME),
                in.requiredText(DESCRIPTION),
                in.texts(TAGS),
                in.texts(EXAMPLES),
                in.texts(INPUT_MODES),
                in.texts(OUTPUT_MODES),
                in.objects(SECURITY_REQUIREMENTS, SecurityForms::readRequirement));
    }

    static void writeSkill(AgentSkill skill, FieldWriter out) {
        out.requiredText(ID, skill.id());
        out.requiredText(NAME, skill.name());
        out.requiredText(DESCRIPTION, skill.description());
        out.requiredTexts(TAGS, skill.tags());
        out.texts(EXAMPLES, skill.examples());
        out.texts(INPUT_MODES, skill.inputModes());
        out.texts(OUTPUT_MODES, skill.outputModes());
        out.objects(SECURITY_REQUIREMENTS, skill.securityRequirements(), SecurityForms::writeRequirement);
    }

    static AgentCardSignature readSignature(FieldReader in) {
        return new AgentCardSignature(in.requiredText(PROTECTED), in.requiredText(SIGNATURE), in.struct(HEADER));
    }

    static void writeSignature(AgentCardSignature signature, FieldWriter out) {
        out.requiredText(PROTECTED, signature.protectedHeader());
        out.requiredText(SIGNATURE, signature.signature());
        out.struct(HEADER, signature.header());
    }
}
