import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { LiveContext } from './api/hooks';
import { Live } from './api/live';
import { queryClient } from './api/queryClient';
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

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <LiveContext value={new Live(queryClient)}>
        <RouterProvider router={router} />
      </LiveContext>
    </QueryClientProvider>
  </StrictMode>,
);
