import { QueryClient } from '@tanstack/react-query';
import { ApiError } from './client';

/** The one cache of what the server said. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The live feed keeps what is shown fresh; a page that is opened again reads what changed meanwhile.
      staleTime: 5000,
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
    },
  },
});
