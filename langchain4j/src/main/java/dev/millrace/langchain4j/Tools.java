package dev.millrace.langchain4j;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.agent.tool.ToolSpecifications;
import dev.millrace.agents.Tool;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;

/** The {@code @Tool} methods of LangChain4j as tools of a {@link dev.millrace.agents.ModelAgent}. */
public final class Tools {
    /** The name among the {@code InvocationParameters} of {@link Tool.Call#key}. */
    public static final String KEY = "millrace.key";

    /** The name among the {@code InvocationParameters} of {@link Tool.Call#owner}. */
    public static final String OWNER = "millrace.owner";

    /** The name among the {@code InvocationParameters} of {@link Tool.Call#taskId}. */
    public static final String TASK_ID = "millrace.taskId";

    private Tools() {}

    /**
     * The tools that an object has: its methods with {@link dev.langchain4j.agent.tool.Tool @Tool}, inherited ones too, in
     * the order of their names. Names, descriptions and schemas are those that LangChain4j makes of them; compile with
     * {@code -parameters}, or name parameters by {@code @P}, so that a model sees what they are called.
     *
     * <p>LangChain4j reads the arguments: records, enums, lists, {@code Optional}s. What a method returns is what the model
     * is told: a text as it is, nothing as "Success", anything else as its JSON. What it throws is the call's error, and so
     * are arguments that cannot be read. A {@code @ToolMemoryId} is the chat's id, and {@code InvocationParameters} hold
     * {@value #KEY}, {@value #OWNER} and {@value #TASK_ID} of the {@link Tool.Call}.
     *
     * <p>Calls run at once, also of the same method, so the object must allow that. No tool of these is repeatable, or needs
     * approval, by itself ({@link dev.millrace.agents.ToolChoice} has a user asked).
     *
     * @throws IllegalArgumentException if it has none, two of one name, or one whose name models cannot call
     */
    public static List<Tool> of(Object object) {
        List<Method> methods = methods(object.getClass());
        if (methods.isEmpty()) {
            throw new IllegalArgumentException(
                    object.getClass().getName()
                            + " has no method with @Tool (of dev.langchain4j.agent.tool); annotate those that a model may call");
        }
        var names = new HashSet<String>();
        var tools = new ArrayList<Tool>();
        for (Method method : methods) {
            ToolSpecification specification = ToolSpecifications.toolSpecificationFrom(method);
            String name = specification.name();
            if (!name.matches("[A-Za-z0-9_-]{1,64}")) {
                throw new IllegalArgumentException(method + ": a tool can't be called \"" + name
                        + "\"; give it a name of 1 to 64 letters, digits, dashes and underscores by @Tool(name = …)");
            }
            if (!names.add(name)) {
                throw new IllegalArgumentException(object.getClass().getName() + " has two tools called \"" + name
                        + "\"; tell them apart by @Tool(name = …)");
            }
            tools.add(new MethodTool(object, method, specification));
        }
        return List.copyOf(tools);
    }

    private static List<Method> methods(Class<?> type) {
        var found = new ArrayList<Method>();
        var overridden = new HashSet<String>();
        Stream.concat(
                        Stream.<Class<?>>iterate(type, each -> each != null, Class::getSuperclass)
                                .flatMap(each -> Arrays.stream(each.getDeclaredMethods())),
                        Arrays.stream(type.getMethods()))
                .filter(method -> !method.isBridge() && !Modifier.isAbstract(method.getModifiers()))
                .filter(method -> overridden.add(method.getName() + Arrays.toString(method.getParameterTypes())))
                .filter(method -> method.isAnnotationPresent(dev.langchain4j.agent.tool.Tool.class))
                .forEach(found::add);
        found.sort(Comparator.comparing(Method::getName).thenComparing(Method::toString));
        return found;
    }
}
