package dev.millrace.server.config;

import dev.millrace.agents.remote.RemoteConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * An agent that is somewhere else, as it is configured.
 *
 * @param description one sentence, for lists, cards and models
 * @param tool whether the agents with models have it as a tool
 */
public record RemotePlan(RemoteConfig config, String description, boolean tool) {

    /** Reads the section {@code remotes}. */
    static List<RemotePlan> read(Section all) {
        var plans = new ArrayList<RemotePlan>();
        for (String name : all.names()) {
            Section section = all.section(name);
            String url = section.text("url")
                    .orElseThrow(() -> new BadSetting(section.at("url"), "is missing; say where the agent is"));
            var headers = new LinkedHashMap<String, String>();
            Section sent = section.section("headers");
            sent.names().forEach(header -> sent.text(header).ifPresent(value -> headers.put(header, value)));
            sent.done();
            plans.add(new RemotePlan(
                    new RemoteConfig(
                            name,
                            ConfigFile.url(section.at("url"), url),
                            section.text("token").orElse(null),
                            headers),
                    section.text("description").orElse("The agent at " + url + "."),
                    section.flag("tool").orElse(false)));
            section.done();
        }
        all.done();
        return plans;
    }
}
