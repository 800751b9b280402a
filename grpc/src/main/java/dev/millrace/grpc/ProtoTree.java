package dev.millrace.grpc;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.MapEntry;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import java.util.Collection;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A message as the JSON that ProtoJSON has for it, field by field as its definition says: for what is large, seldom sent
 * and made of texts, truths and lists, as a card is. (Events go by hand, see {@link FromProto}: they are many.)
 */
final class ProtoTree {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private ProtoTree() {}

    static ObjectNode of(Message message, String path) {
        ObjectNode object = JSON.objectNode();
        message.getAllFields()
                .forEach((field, value) -> object.set(field.getJsonName(), all(field, value, path + field.getName())));
        return object;
    }

    private static JsonNode all(FieldDescriptor field, Object value, String path) {
        if (field.isMapField()) {
            ObjectNode map = JSON.objectNode();
            FieldDescriptor content = field.getMessageType().findFieldByName("value");
            for (Object entry : (Collection<?>) value) {
                var pair = (MapEntry<?, ?>) entry;
                map.set(pair.getKey().toString(), one(content, pair.getValue(), path));
            }
            return map;
        }
        if (field.isRepeated()) {
            ArrayNode array = JSON.arrayNode();
            ((Collection<?>) value).forEach(element -> array.add(one(field, element, path)));
            return array;
        }
        return one(field, value, path);
    }

    private static JsonNode one(FieldDescriptor field, Object value, String path) {
        return switch (value) {
            case Struct struct -> Structs.object(struct, path);
            case Message message -> of(message, path + ".");
            case String text -> JSON.stringNode(text);
            case Boolean truth -> JSON.booleanNode(truth);
            default -> throw new IllegalArgumentException(path + " is of a kind that no card has: " + field.getType());
        };
    }
}
