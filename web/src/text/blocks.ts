/** How an item of a list begins. */
const ITEM = /^ {0,3}([-*+]|\d+[.)]) /

/**
 * Cuts Markdown into its top-level blocks, so that a text that grows is read anew only at its end: all blocks but the last
 * stay the same strings. A blank line ends a block, except within a fence; lists and what is indented belong together.
 */
export function blocksOf(text: string): string[] {
  const blocks: string[] = []
  let block = ''
  let fence: string | undefined
  let blank = false
  for (const line of text.split(/(?<=\n)/)) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    const continues = fence !== undefined || !blank || /^\s/.test(line) || (ITEM.test(line) && ITEM.test(block))
    if (!continues && block !== '') {
      blocks.push(block)
      block = ''
    }
    if (fence === undefined) fence = mark
    else if (mark && mark[0] === fence[0] && mark.length >= fence.length && line.trim() === mark) fence = undefined
    block += line
    blank = fence === undefined && line.trim() === ''
  }
  if (block !== '') blocks.push(block)
  return blocks
}
