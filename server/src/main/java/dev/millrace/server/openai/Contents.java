package dev.millrace.server.openai;

import dev.millrace.protocol.Part;
import dev.millrace.protocol.RawPart;
import dev.millrace.protocol.UrlPart;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** The content of a message: a string, or a list of texts, images and files, in the words of either door. */
final class Contents {
    private static final String DATA = "data:";
    private static final String BASE64 = ";base64,";

    private Contents() {}

    static List<Part> parts(@Nullable JsonNode content, String at) throws Refusal {
        if (content == null) {
            return List.of();
        }
        if (content.isString()) {
            return List.of(Part.text(content.stringValue()));
        }
        if (!(content instanceof ArrayNode list)) {
            throw Refusal.invalid(at, "must be a string or an array of parts");
        }
        var parts = new ArrayList<Part>();
        for (JsonNode each : list) {
            parts.add(part(each, at + "[" + parts.size() + "]"));
        }
        return parts;
    }

    /** Only its texts; anything else is refused. */
    static String text(@Nullable JsonNode content, String at) throws Refusal {
        var text = new StringBuilder();
        for (Part part : parts(content, at)) {
            if (!(part instanceof dev.millrace.protocol.TextPart words)) {
                throw Refusal.unsupported(at, "can only be text here");
            }
            text.append(words.text());
        }
        return text.toString();
    }

    private static Part part(JsonNode part, String at) throws Refusal {
        String type = Json.required(part, at + ".", "type");
        return switch (type) {
            case "text", "input_text", "output_text" -> Part.text(Json.required(part, at + ".", "text"));
            case "refusal" -> Part.text(Json.required(part, at + ".", "refusal"));
            case "image_url" -> image(Json.required(part.path("image_url"), at + ".image_url.", "url"), at);
            case "input_image" -> {
                requireNoFileId(part, at);
                yield image(Json.required(part, at + ".", "image_url"), at);
            }
            case "file" -> file(part.path("file"), at + ".file");
            case "input_file" -> file(part, at);
            default -> throw Refusal.unsupported(at + ".type", "\"" + type + "\" is not taken here");
        };
    }

    private static Part image(String url, String at) throws Refusal {
        return url.startsWith(DATA) ? data(url, null, at) : new UrlPart(url, null, null, "image/*");
    }

    private static Part file(JsonNode file, String at) throws Refusal {
        requireNoFileId(file, at);
        String url = Json.text(file, at + ".", "file_url");
        String name = Json.text(file, at + ".", "filename");
        return url != null
                ? new UrlPart(url, null, name, null)
                : data(Json.required(file, at + ".", "file_data"), name, at + ".file_data");
    }

    private static void requireNoFileId(JsonNode part, String at) throws Refusal {
        if (Json.given(part, "file_id") != null) {
            throw Refusal.unsupported(at + ".file_id", "no files are kept here under such ids; send the data");
        }
    }

    private static Part data(String url, @Nullable String name, String at) throws Refusal {
        int comma = url.indexOf(BASE64);
        if (!url.startsWith(DATA) || comma < 0) {
            throw Refusal.invalid(at, "must be a data URL in base64");
        }
        try {
            byte[] bytes = Base64.getMimeDecoder().decode(url.substring(comma + BASE64.length()));
            return new RawPart(bytes, null, name, url.substring(DATA.length(), comma));
        } catch (IllegalArgumentException e) {
            throw Refusal.invalid(at, "is not base64");
        }
    }
}
