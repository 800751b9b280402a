/** Says something to who can't see the page. The one live region is in the document for all of its life. */
const region = document.createElement('div')
region.className = 'unseen'
region.setAttribute('role', 'status')
region.setAttribute('aria-live', 'polite')
document.body.append(region)

export function announce(text: string) {
  // The same words twice are said twice.
  region.textContent = region.textContent === text ? text + '\u00a0' : text
}
