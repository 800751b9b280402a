package dev.millrace.server.config;

import dev.millrace.agents.AgentConfig;
import dev.millrace.agents.Budgets;
import dev.millrace.agents.Effort;
import dev.millrace.agents.ModelConfig;
import dev.millrace.agents.ModelRetry;
import dev.millrace.agents.Models;
import dev.millrace.agents.Prices;
import dev.millrace.agents.Provider;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The agents with models: from the file's sections {@code models} and {@code agents}. In short, for one model, from the
 * section {@code model}, and for what that leaves open from the variables that OpenAI's own tools read. Without agents of
 * its own in the file there is one, {@code model}, which may use every model and every tool.
 */
public final class ModelSettings {
    /** Small, quick and cheap: what a first try should be. */
    static final String OPENAI_MODEL = "gpt-4.1-mini";

    /** The agent that is there when none is configured. */
    static final String AGENT = "model";

    private static final int MOST = 100_000_000;

    private final Map<String, String> environment;
    private final Map<String, ModelConfig> models = new LinkedHashMap<>();
    private final List<AgentPlan> plans = new ArrayList<>();
    private @Nullable ModelConfig single;
    private @Nullable String systemPrompt;
    private boolean looked;

    public ModelSettings(Map<String, String> environment) {
        this.environment = environment;
    }

    void read(Section all) {
        Section many = all.section("models");
        for (String id : many.names()) {
            models.put(id, model(id, many.section(id)));
        }
        many.done();
        if (all.has("model") || models.isEmpty()) {
            single(all.section("model"));
        }
        Section agents = all.section("agents");
        for (String name : agents.names()) {
            plans.add(plan(name, agents.section(name)));
        }
        agents.done();
    }

    /** Notes the model of the section {@code model}, if that or the environment names one. */
    private void single(Section section) {
        Optional<String> name = section.text("name");
        Optional<String> baseUrl = section.text("baseUrl");
        boolean told = name.isPresent()
                || baseUrl.isPresent()
                || section.has("provider")
                || section.has("apiKey")
                || variable("OPENAI_API_KEY") != null
                || variable("OPENAI_BASE_URL") != null;
        Provider provider = provider(section);
        URI address = baseUrl.map(text -> ConfigFile.url(section.at("baseUrl"), text))
                .orElseGet(() -> provider.keyVariable().equals("OPENAI_API_KEY") ? ofEnvironment() : provider.home());
        String model = name.orElseGet(() -> variable("OPENAI_MODEL"));
        if (told && model == null && !address.equals(Provider.OPENAI.home())) {
            throw new BadSetting(
                    section.at("name"), "is missing; say which model of " + address + " to use (or set OPENAI_MODEL)");
        }
        ModelConfig config = model(
                section,
                "name",
                provider,
                address,
                model == null ? OPENAI_MODEL : model,
                model == null ? OPENAI_MODEL : model);
        systemPrompt = section.text("systemPrompt").orElse(null);
        section.done();
        single = told ? config : null;
        looked = true;
    }

    private URI ofEnvironment() {
        String other = variable("OPENAI_BASE_URL");
        return other == null ? Provider.OPENAI.home() : ConfigFile.url("OPENAI_BASE_URL", other);
    }

    private ModelConfig model(String id, Section section) {
        Provider provider = provider(section);
        URI address = section.text("baseUrl")
                .map(text -> ConfigFile.url(section.at("baseUrl"), text))
                .orElse(provider.home());
        ModelConfig config =
                model(section, "name", provider, address, section.text("name").orElse(id), id);
        section.done();
        return config;
    }

    private static Provider provider(Section section) {
        String name = section.text("provider").orElse(Provider.OPENAI.wireName());
        return Provider.named(name)
                .orElseThrow(() -> new BadSetting(
                        section.at("provider"),
                        "must be one of "
                                + Arrays.stream(Provider.values())
                                        .map(Provider::wireName)
                                        .collect(Collectors.joining(", "))
                                + ", not " + name));
    }

    private ModelConfig model(Section section, String blame, Provider provider, URI address, String model, String id) {
        String key = section.text("apiKey").orElseGet(() -> variable(provider.keyVariable()));
        OptionalDouble temperature = section.number("temperature");
        ModelConfig.Times times = ModelConfig.Times.DEFAULT;
        try {
            return ModelConfig.of(provider, address, key, model)
                    .withId(id)
                    .with(new ModelConfig.Options(
                            temperature.isPresent() ? temperature.getAsDouble() : null,
                            whole(section, "maxTokens"),
                            whole(section, "contextTokens"),
                            effort(section, "effort"),
                            effort(section, "maxEffort")))
                    .with(new ModelConfig.Times(
                            section.duration("connectTimeout").orElse(times.connect()),
                            section.duration("firstByte").orElse(times.firstByte()),
                            section.duration("silence").orElse(times.silence())))
                    .withPrices(prices(section.section("prices")))
                    .withRetry(section.flag("retry").orElse(true) ? ModelRetry.BACKOFF : ModelRetry.NEVER);
        } catch (IllegalArgumentException e) {
            throw new BadSetting(section.at(blame), String.valueOf(e.getMessage()));
        }
    }

    private static @Nullable Integer whole(Section section, String key) {
        OptionalInt number = section.integer(key, 1, MOST);
        return number.isPresent() ? number.getAsInt() : null;
    }

    private static @Nullable Effort effort(Section section, String key) {
        return section.text(key)
                .map(name -> Effort.named(name)
                        .orElseThrow(() -> new BadSetting(
                                section.at(key),
                                "must be none, minimal, low, medium, high, xhigh or max, not " + name)))
                .orElse(null);
    }

    private static @Nullable Prices prices(Section section) {
        OptionalDouble input = section.number("input");
        OptionalDouble output = section.number("output");
        double cached = section.number("cached").orElse(input.orElse(0));
        double cacheWrite = section.number("cacheWrite").orElse(input.orElse(0));
        section.done();
        return input.isEmpty() && output.isEmpty()
                ? null
                : new Prices(input.orElse(0), cached, cacheWrite, output.orElse(0));
    }

    private AgentPlan plan(String name, Section section) {
        List<ModelConfig> own = new ArrayList<>();
        for (String id : list(section.text("models").orElse(String.join(",", models.keySet())))) {
            ModelConfig model = models.get(id);
            if (model == null) {
                throw new BadSetting(
                        section.at("models"),
                        "there is no model \"" + id + "\" in the section models; there are: "
                                + String.join(", ", models.keySet()));
            }
            own.add(model);
        }
        if (own.isEmpty() && single != null) {
            own.add(single);
        }
        if (own.isEmpty()) {
            throw new BadSetting(section.at("models"), "there is no model; name one in the section models");
        }
        AgentConfig.Limits limits = AgentConfig.Limits.DEFAULT;
        try {
            var plan = new AgentPlan(
                    name,
                    section.text("description")
                            .orElse("Answers with the chat model "
                                    + own.getFirst().model() + "."),
                    new AgentConfig(
                            new Models(own),
                            section.text("systemPrompt").orElse(null),
                            List.of(),
                            new AgentConfig.Limits(
                                    section.integer("steps", 1, 10_000).orElse(limits.steps()),
                                    section.duration("toolTimeout").orElse(limits.toolTimeout()),
                                    section.integer("resultLength", 100, MOST).orElse(limits.resultLength()),
                                    section.duration("approvalWithin").orElse(limits.approvalWithin()),
                                    section.number("compactAt").orElse(limits.compactAt())),
                            budgets(section.section("budgets")),
                            other(section, "titles"),
                            other(section, "summaries"),
                            section.flag("logContent").orElse(false)),
                    list(section.text("tools").orElse("*")),
                    list(section.text("approve").orElse("")),
                    list(section.text("spawns").orElse("")));
            section.done();
            return plan;
        } catch (IllegalArgumentException e) {
            throw new BadSetting(section.at("models"), String.valueOf(e.getMessage()));
        }
    }

    private @Nullable ModelConfig other(Section section, String setting) {
        String id = section.text(setting).orElse(null);
        if (id == null) {
            return null;
        }
        ModelConfig model = models.get(id);
        if (model == null) {
            throw new BadSetting(
                    section.at(setting),
                    "there is no model \"" + id + "\" in the section models; there are: "
                            + String.join(", ", models.keySet()));
        }
        return model;
    }

    private static Budgets budgets(Section section) {
        var budgets = new Budgets(budget(section, "turn"), budget(section, "chat"), budget(section, "day"));
        section.done();
        return budgets;
    }

    private static Budgets.@Nullable Budget budget(Section all, String name) {
        Section section = all.section(name);
        OptionalInt tokens = section.integer("tokens", 1, Integer.MAX_VALUE);
        OptionalDouble cost = section.number("cost");
        section.done();
        if (cost.isPresent() && !(cost.getAsDouble() > 0)) {
            throw new BadSetting(section.at("cost"), "must be above 0");
        }
        return tokens.isEmpty() && cost.isEmpty()
                ? null
                : new Budgets.Budget(tokens.orElse(0), Math.round(cost.orElse(0) * 1_000_000));
    }

    static List<String> list(String text) {
        return Arrays.stream(text.split(",", -1))
                .map(String::strip)
                .filter(word -> !word.isEmpty())
                .toList();
    }

    /** The agents with models, the default one first; none, if there is no model. */
    public List<AgentPlan> build() {
        if (!plans.isEmpty()) {
            return List.copyOf(plans);
        }
        if (!looked && models.isEmpty()) {
            single(Section.empty("model")); // there is no file: the environment alone
        }
        var all = new ArrayList<ModelConfig>();
        if (single != null && !models.containsKey(single.id())) {
            all.add(single);
        }
        all.addAll(models.values());
        if (all.isEmpty()) {
            return List.of();
        }
        return List.of(new AgentPlan(
                AGENT,
                "Answers with the chat model " + all.getFirst().model() + ".",
                new AgentConfig(new Models(all), systemPrompt, List.of(), AgentConfig.Limits.DEFAULT),
                List.of("*"),
                List.of(),
                List.of()));
    }

    private @Nullable String variable(String variable) {
        String value = environment.get(variable);
        return value == null || value.isBlank() ? null : value.strip();
    }
}
