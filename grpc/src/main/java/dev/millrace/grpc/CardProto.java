package dev.millrace.grpc;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.JsonText;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A card as protocol buffers have it: its JSON, field by field as the message's definition says (ProtoJSON). Cards are large,
 * seldom sent, and made of texts, truths, lists and maps. Any thread.
 */
public final class CardProto {
    private CardProto() {}

    /** The message that says the same as the card. */
    public static com.google.lf.a2a.v1.AgentCard of(AgentCard card) {
        var message = com.google.lf.a2a.v1.AgentCard.newBuilder();
        fill(message, JsonText.parse(A2aJson.AGENT_CARD.write(card)));
        return message.build();
    }

    private static void fill(Message.Builder message, JsonNode json) {
        for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
            JsonNode value = json.get(field.getJsonName());
            if (value == null || value.isNull()) {
                continue;
            }
            if (field.isMapField()) {
                for (Map.Entry<String, JsonNode> entry : value.properties()) {
                    Message.Builder pair = message.newBuilderForField(field);
                    FieldDescriptor content = field.getMessageType().findFieldByName("value");
                    pair.setField(field.getMessageType().findFieldByName("key"), entry.getKey());
                    pair.setField(content, one(pair, content, entry.getValue()));
                    message.addRepeatedField(field, pair.build());
                }
            } else if (field.isRepeated()) {
                value.forEach(element -> message.addRepeatedField(field, one(message, field, element)));
            } else {
                message.setField(field, one(message, field, value));
            }
        }
    }

    private static Object one(Message.Builder message, FieldDescriptor field, JsonNode value) {
        return switch (field.getJavaType()) {
            case STRING -> value.stringValue();
            case BOOLEAN -> value.booleanValue();
            case MESSAGE -> {
                if (field.getMessageType().equals(Struct.getDescriptor())) {
                    yield Structs.struct((ObjectNode) value);
                }
                Message.Builder inner = message.newBuilderForField(field);
                fill(inner, value);
                yield inner.build();
            }
            default -> throw new IllegalArgumentException(field.getName() + " is of a kind that no card has");
        };
    }
}
