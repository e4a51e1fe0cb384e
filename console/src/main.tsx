// The console's entry: puts the providers around the routes and mounts them. Everything visible is in the page folders.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { AppearanceProvider } from './appearance/appearance-provider.tsx'
import './console.css'
import { startTranslations } from './i18n/translations.ts'
import { createConsoleRouter } from './router.tsx'

/** One quiet retry covers a gateway that is just restarting; more would hide a real failure from the reader. */
const queryRetriesMax = 1

const root = document.querySelector('#root')
if (root === null) throw new TypeError('index.html has no #root')

await startTranslations()
const queryClient = new QueryClient({ defaultOptions: { queries: { retry: queryRetriesMax } } })
const router = createConsoleRouter()

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <AppearanceProvider>
        <RouterProvider router={router} />
      </AppearanceProvider>
    </QueryClientProvider>
  </StrictMode>,
)
