package dev.millrace.files;

/** What the streams of one source have learned of it together. */
record Experience(RateMeter rate, Pace pace, HedgeTokens hedges) {}
