# The server with its dashboard. It keeps nothing: its data is in PostgreSQL (ConnectionStrings__Tracker).

FROM node:22-slim AS web
WORKDIR /web
COPY src/Tracker.Web/package.json src/Tracker.Web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY src/Tracker.Web ./
RUN npm run build

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
COPY --from=web /web/wwwroot src/Tracker.Web/wwwroot
RUN dotnet publish src/Tracker.Api --configuration Release --output /app -p:SkipWeb=true

FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /app ./
ENV ASPNETCORE_URLS=http://0.0.0.0:5080
EXPOSE 5080 5081
USER $APP_UID
ENTRYPOINT ["dotnet", "Tracker.Api.dll"]
