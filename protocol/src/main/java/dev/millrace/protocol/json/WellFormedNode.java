package dev.millrace.protocol.json;

import tools.jackson.databind.node.StringNode;

/** A text that is known to have no half of a surrogate pair, so that nobody needs to look through it again. */
final class WellFormedNode extends StringNode {
    private static final long serialVersionUID = 1L;

    WellFormedNode(String text) {
        super(text);
    }
}
