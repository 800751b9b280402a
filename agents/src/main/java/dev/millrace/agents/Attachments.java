package dev.millrace.agents;

import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.PdfFileContent;
import dev.langchain4j.data.message.TextContent;
import dev.millrace.engine.ToolResult;
import dev.millrace.protocol.DataPart;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.RawPart;
import dev.millrace.protocol.TextPart;
import dev.millrace.protocol.UrlPart;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What is in a message, as the provider's models take it: text as text, data as its JSON, images as images, PDFs as PDFs
 * where they can be read, files of text as their text; of any other file the model is told that it is there and cannot be
 * read, so that it does not invent what is in it.
 *
 * @param provider whose models are to read it
 */
record Attachments(Provider provider) {

    List<Content> contents(Message message) {
        var contents = new ArrayList<Content>();
        for (Part part : message.parts()) {
            switch (part) {
                case TextPart text -> {
                    if (!text.text().isBlank() || !contents.isEmpty()) {
                        contents.add(TextContent.from(text.text()));
                    }
                }
                case DataPart data -> {
                    if (ToolResult.in(message).isEmpty()) {
                        contents.add(TextContent.from(data.data().toString()));
                    }
                }
                case RawPart raw -> contents.add(file(raw, raw.raw()));
                case UrlPart url -> contents.add(image(url.mediaType()) ? ImageContent.from(url.url()) : unread(url));
            }
        }
        return contents;
    }

    private Content file(RawPart file, byte[] bytes) {
        String type = file.mediaType();
        if (image(type)) {
            return ImageContent.from(base64(bytes), type);
        }
        if ("application/pdf".equals(type) && provider != Provider.OLLAMA) {
            return PdfFileContent.from(base64(bytes), type);
        }
        if (text(type)) {
            return TextContent.from((file.filename() == null ? "" : "[" + file.filename() + "]\n")
                    + new String(bytes, StandardCharsets.UTF_8));
        }
        return unread(file);
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static boolean image(@Nullable String mediaType) {
        return mediaType != null && mediaType.startsWith("image/");
    }

    private static boolean text(@Nullable String mediaType) {
        if (mediaType == null) {
            return false;
        }
        String type = mediaType.toLowerCase(Locale.ROOT);
        return type.startsWith("text/")
                || type.startsWith("application/json")
                || type.startsWith("application/xml")
                || type.startsWith("application/yaml");
    }

    private static TextContent unread(Part file) {
        String name = file.filename() == null ? "a file" : "the file " + file.filename();
        String type = file.mediaType() == null ? "" : " (" + file.mediaType() + ")";
        return TextContent.from("[" + name + type + " was attached, and cannot be read here]");
    }
}
