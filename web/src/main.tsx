import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createRoot } from 'react-dom/client'
import { App } from './App'
import './style/base.css'
import './style/frame.css'
import './style/chat.css'
import './style/prose.css'
import './style/views.css'

const queries = new QueryClient({ defaultOptions: { queries: { retry: 2, refetchOnWindowFocus: false } } })

createRoot(document.getElementById('page')!).render(
  <QueryClientProvider client={queries}>
    <App />
  </QueryClientProvider>,
)
