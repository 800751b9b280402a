package dev.millrace.protocol.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.json.FormCase.Sample;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.Map;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class RoundTripTest {

    @Property(tries = 2000)
    void what_is_written_is_read_back_equal(@ForAll("samples") Sample<?> sample) {
        assertReadBack(sample);
    }

    private static <T> void assertReadBack(Sample<T> sample) {
        T read = sample.form().read(sample.written());
        assertThat(read).isEqualTo(sample.value());
        assertThat(read.hashCode()).isEqualTo(sample.value().hashCode());
        assertThat(sample.form().write(read)).isEqualTo(sample.written());
    }

    @Property(tries = 600)
    void unknown_fields_are_ignored(@ForAll("samples") Sample<?> sample) {
        assertUnknownIgnored(sample);
    }

    private static <T> void assertUnknownIgnored(Sample<T> sample) {
        ObjectNode tree = sample.form().tree(sample.value());
        tree.putObject("fieldOfTheYear2040").put("text", 1).putNull("data");
        tree.putNull("kind");
        assertThat(sample.form().read(tree)).isEqualTo(sample.value());
    }

    @Property(tries = 600)
    void proto_names_mean_the_same_as_json_names(@ForAll("samples") Sample<?> sample) {
        assertProtoNames(sample);
    }

    private static <T> void assertProtoNames(Sample<T> sample) {
        ObjectNode tree = sample.form().tree(sample.value());
        ObjectNode renamed = tree.objectNode();
        for (var field : tree.properties()) {
            renamed.set(protoName(field.getKey()), field.getValue());
        }
        assertThat(sample.form().read(renamed)).isEqualTo(sample.value());
    }

    private static String protoName(String jsonName) {
        return Arrays.stream(Name.values())
                .filter(name -> name.json.equals(jsonName))
                .map(name -> name.proto)
                .findFirst()
                .orElseThrow();
    }

    @Property(tries = 600)
    void nothing_absent_is_written(@ForAll("samples") Sample<?> sample) {
        for (Map.Entry<String, JsonNode> field :
                JsonText.parse(sample.written()).properties()) {
            assertThat(field.getValue().isNull() && !field.getKey().equals("data"))
                    .as("a null in %s", field.getKey())
                    .isFalse();
        }
    }

    @Example
    void every_form_is_tested() {
        assertThat(FormCase.all().stream().map(FormCase::name))
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(A2aJson.class.getFields())
                        .map(Field::getName)
                        .toList());
    }

    @Provide
    Arbitrary<Sample<?>> samples() {
        return FormCase.anySample();
    }
}
