# The server with its dashboard. It keeps nothing: its data is in PostgreSQL (ConnectionStrings__Tracker), its root file system may be
# read-only, /tmp is all it writes to. Behind a mirror: --build-arg NPM_CONFIG_REGISTRY=…, --build-arg RestoreSources=… (both are read from the environment).

FROM node:22-slim AS web
ARG NPM_CONFIG_REGISTRY
WORKDIR /web
COPY src/Tracker.Web/package.json src/Tracker.Web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY src/Tracker.Web ./
RUN npm run build

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
ARG RestoreSources
WORKDIR /source
COPY . .
COPY --from=web /web/wwwroot src/Tracker.Web/wwwroot
# What a newer compiler warns of is for who develops, not for who builds. Compiled ahead for the machine it runs on: half of what the compiler would do in the first half minute (docs/operations.md).
RUN case "$(uname -m)" in x86_64) rid=linux-x64 ;; aarch64) rid=linux-arm64 ;; *) echo "no runtime for $(uname -m)" >&2; exit 1 ;; esac \
 && dotnet publish src/Tracker.Api --configuration Release --runtime "$rid" --self-contained false --output /app \
      -p:PublishReadyToRun=true -p:DebugType=none -p:SkipWeb=true -p:RunAnalyzers=false -p:TreatWarningsAsErrors=false

FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /app ./
# The base image names a port of its own.
ENV ASPNETCORE_HTTP_PORTS= ASPNETCORE_URLS=http://0.0.0.0:5080
EXPOSE 5080 5081
USER $APP_UID
ENTRYPOINT ["dotnet", "Tracker.Api.dll"]
