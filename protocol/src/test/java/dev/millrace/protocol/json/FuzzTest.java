package dev.millrace.protocol.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.millrace.protocol.json.FormCase.Sample;
import dev.millrace.protocol.rpc.RpcException;
import dev.millrace.protocol.rpc.RpcRequest;
import dev.millrace.protocol.rpc.RpcResponse;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Whatever comes in, nothing comes out but a value or one of the documented exceptions. */
class FuzzTest {
    private static final String[] SNIPPETS = {
        "null",
        "\"\"",
        "{}",
        "[]",
        "1e999",
        "-0",
        "\"\\ud800\"",
        "{\"data\":null}",
        "true",
        ",",
        ":",
        "\"",
        "\\",
        "\u0000"
    };

    private static void assertDocumented(Throwable thrown) {
        if (thrown != null) {
            assertThat(thrown).isInstanceOfAny(InvalidField.class, MalformedJson.class);
        }
    }

    @Property(tries = 300)
    void random_bytes_do_no_harm(@ForAll byte[] bytes) {
        for (FormCase<?> form : FormCase.all()) {
            assertDocumented(catchThrowable(() -> form.form().read(bytes)));
        }
        assertRpcDocumented(bytes);
    }

    @Property(tries = 1500)
    void damaged_json_does_no_harm(@ForAll("samples") Sample<?> sample, @ForAll Random random) {
        byte[] damaged = damage(sample.written(), random);

        Object[] read = new Object[1];
        Throwable thrown = catchThrowable(() -> read[0] = sample.form().read(damaged));

        assertDocumented(thrown);
        if (thrown == null) {
            assertCanBeWritten(sample.form(), read[0]);
        }
        assertRpcDocumented(damaged);
    }

    @SuppressWarnings("unchecked")
    private static <T> void assertCanBeWritten(JsonForm<T> form, Object value) {
        assertThat(form.read(form.write((T) value))).isEqualTo(value);
    }

    @Property(tries = 1500)
    void a_value_of_the_wrong_type_anywhere_does_no_harm(@ForAll("samples") Sample<?> sample, @ForAll Random random) {
        ObjectNode tree = (ObjectNode) JsonText.parse(sample.written());
        replaceOneField(tree, random);

        assertDocumented(catchThrowable(() -> sample.form().read(tree)));
    }

    private static void replaceOneField(ObjectNode tree, Random random) {
        var names = tree.propertyNames().stream().toList();
        if (names.isEmpty()) {
            return;
        }
        String name = names.get(random.nextInt(names.size()));
        JsonNode value = tree.get(name);
        if (value instanceof ObjectNode child && random.nextBoolean()) {
            replaceOneField(child, random);
        } else if (value.isArray()
                && value.size() > 0
                && value.get(0) instanceof ObjectNode child
                && random.nextBoolean()) {
            replaceOneField(child, random);
        } else {
            JsonNodeFactory json = JsonNodeFactory.instance;
            JsonNode[] wrong = {
                json.nullNode(), json.arrayNode().addNull(), json.objectNode().put("x", 1), json.numberNode(-1),
                json.numberNode(1e300), json.stringNode("?"), json.stringNode(""), json.booleanNode(true)
            };
            tree.set(name, wrong[random.nextInt(wrong.length)]);
        }
    }

    private static void assertRpcDocumented(byte[] bytes) {
        Throwable thrown = catchThrowable(() -> RpcRequest.parse(bytes));
        if (thrown != null) {
            assertThat(thrown).isInstanceOf(RpcException.class);
        }
        assertDocumented(catchThrowable(() -> RpcResponse.read(bytes)));
    }

    private static byte[] damage(byte[] json, Random random) {
        byte[] bytes = json;
        for (int i = 0; i <= random.nextInt(3); i++) {
            bytes = damageOnce(bytes, random);
        }
        return bytes;
    }

    private static byte[] damageOnce(byte[] bytes, Random random) {
        if (bytes.length == 0) {
            return bytes;
        }
        int at = random.nextInt(bytes.length);
        return switch (random.nextInt(4)) {
            case 0 -> {
                byte[] flipped = bytes.clone();
                flipped[at] ^= (byte) (1 << random.nextInt(8));
                yield flipped;
            }
            case 1 -> Arrays.copyOf(bytes, at);
            case 2 -> splice(bytes, at, Math.min(bytes.length, at + 1 + random.nextInt(8)), new byte[0]);
            default -> splice(bytes, at, at, SNIPPETS[random.nextInt(SNIPPETS.length)].getBytes(UTF_8));
        };
    }

    private static byte[] splice(byte[] bytes, int from, int to, byte[] insert) {
        byte[] spliced = new byte[bytes.length - (to - from) + insert.length];
        System.arraycopy(bytes, 0, spliced, 0, from);
        System.arraycopy(insert, 0, spliced, from, insert.length);
        System.arraycopy(bytes, to, spliced, from + insert.length, bytes.length - to);
        return spliced;
    }

    @Provide
    Arbitrary<Sample<?>> samples() {
        return FormCase.anySample();
    }
}
