type Theme = 'light' | 'dark'

const stored = localStorage.getItem('theme') as Theme | null
if (stored) document.documentElement.dataset.theme = stored

/** The other one than is shown now. */
export function nextTheme() {
  const shown = document.documentElement.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')
  const next: Theme = shown === 'dark' ? 'light' : 'dark'
  document.documentElement.dataset.theme = next
  localStorage.setItem('theme', next)
}
