package dev.millrace.files;

/** Which paths name a file at all; what every source refuses before it looks. */
final class FilePath {
    private FilePath() {}

    /**
     * @return the path, unchanged
     * @throws SourceException.NotFound if a segment is empty, {@code .} or {@code ..}, or if it holds a backslash (a
     *     separator elsewhere), a control character or half a surrogate pair
     */
    static String check(String path) throws SourceException.NotFound {
        for (String segment : path.split("/", -1)) {
            if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
                throw new SourceException.NotFound("not a path of a file: " + printable(path));
            }
        }
        if (path.codePoints().anyMatch(FilePath::isRefused)) {
            throw new SourceException.NotFound("not a path of a file: " + printable(path));
        }
        return path;
    }

    /** The last segment. */
    static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** For messages and logs: what could break a line is replaced. */
    static String printable(String path) {
        String shown = path.length() > 200 ? path.substring(0, 200) + "…" : path;
        return shown.codePoints()
                .map(c -> isRefused(c) && c != '\\' ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static boolean isRefused(int c) {
        return c == '\\' || Character.isISOControl(c) || (c >= 0xD800 && c <= 0xDFFF);
    }
}
