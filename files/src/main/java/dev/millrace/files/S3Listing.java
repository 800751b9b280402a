package dev.millrace.files;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/**
 * What S3 answers in XML, as far as we ask for it: a document with texts in it, and entries with texts in them.
 *
 * @param root the document's name
 * @param texts by name
 * @param entries in order, each with its texts by name
 */
record S3Listing(String root, Map<String, String> texts, List<Map<String, String>> entries) {
    private static final XMLInputFactory XML = XMLInputFactory.newDefaultFactory();

    static {
        XML.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        XML.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        XML.setProperty(XMLInputFactory.IS_COALESCING, true);
    }

    /** @param entry what the entries are called */
    static S3Listing read(byte[] document, String entry) throws IOException {
        Map<String, String> texts = new TreeMap<>();
        List<Map<String, String>> entries = new ArrayList<>();
        Deque<String> path = new ArrayDeque<>();
        String root = "";
        Map<String, String> within = texts;
        StringBuilder text = new StringBuilder();
        try {
            XMLStreamReader xml = XML.createXMLStreamReader(new ByteArrayInputStream(document), "UTF-8");
            while (xml.hasNext()) {
                switch (xml.next()) {
                    case XMLStreamConstants.START_ELEMENT -> {
                        path.push(xml.getLocalName());
                        text.setLength(0);
                        if (path.size() == 1) {
                            root = xml.getLocalName();
                        } else if (path.size() == 2 && xml.getLocalName().equals(entry)) {
                            within = new TreeMap<>();
                            entries.add(within);
                        }
                    }
                    case XMLStreamConstants.CHARACTERS -> text.append(xml.getText());
                    case XMLStreamConstants.END_ELEMENT -> {
                        String name = path.pop();
                        if (path.size() == 1 && name.equals(entry)) {
                            within = texts;
                        } else if (path.size() == 1 || (path.size() == 2 && entry.equals(path.peek()))) {
                            within.put(name, text.toString());
                        }
                        text.setLength(0);
                    }
                    default -> {}
                }
            }
            xml.close();
        } catch (XMLStreamException e) {
            throw new IOException("S3 answered with what is no XML", e);
        }
        return new S3Listing(root, texts, entries);
    }

    /** The text of this name, which must be there. */
    String text(String name) throws IOException {
        return need(texts.get(name), name);
    }

    static String need(@Nullable String text, String name) throws IOException {
        if (text == null) {
            throw new IOException("S3 answered without " + name);
        }
        return text;
    }
}
