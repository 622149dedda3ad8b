import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiError } from './api/client';
import { LiveContext } from './api/hooks';
import { Live } from './api/live';
import { router } from './router';
import './styles/tokens.css';
import './styles/base.css';
import './styles/run.css';
import './styles/shell.css';
import './styles/filter.css';
import './styles/runs.css';
import './styles/workspace.css';
import './styles/compare.css';
import './styles/diagnosis.css';
import './styles/charts.css';
import './styles/overlays.css';
import './styles/access.css';

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // The live feed keeps what is shown fresh; a page that is opened again reads what changed meanwhile.
      staleTime: 5000,
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
    },
  },
});

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <LiveContext value={new Live(client)}>
        <RouterProvider router={router} />
      </LiveContext>
    </QueryClientProvider>
  </StrictMode>,
);
