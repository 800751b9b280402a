package dev.millrace.protocol.json;

import static dev.millrace.protocol.json.Name.*;

import dev.millrace.protocol.card.ApiKeySecurityScheme;
import dev.millrace.protocol.card.AuthorizationCodeOAuthFlow;
import dev.millrace.protocol.card.ClientCredentialsOAuthFlow;
import dev.millrace.protocol.card.DeviceCodeOAuthFlow;
import dev.millrace.protocol.card.HttpAuthSecurityScheme;
import dev.millrace.protocol.card.ImplicitOAuthFlow;
import dev.millrace.protocol.card.MutualTlsSecurityScheme;
import dev.millrace.protocol.card.OAuth2SecurityScheme;
import dev.millrace.protocol.card.OAuthFlows;
import dev.millrace.protocol.card.OpenIdConnectSecurityScheme;
import dev.millrace.protocol.card.PasswordOAuthFlow;
import dev.millrace.protocol.card.SecurityRequirement;
import dev.millrace.protocol.card.SecurityScheme;
import java.util.List;

/** How to authenticate. */
final class SecurityForms {
    private SecurityForms() {}

    static SecurityRequirement readRequirement(FieldReader in) {
        return new SecurityRequirement(
                in.map(SCHEMES, (node, at) -> FieldReader.readObject(node, at, scopes -> scopes.texts(LIST))));
    }

    static void writeRequirement(SecurityRequirement requirement, FieldWriter out) {
        out.map(SCHEMES, requirement.schemes(), (List<String> scopes, FieldWriter list) -> list.texts(LIST, scopes));
    }

    static SecurityScheme readScheme(FieldReader in) {
        return switch (in.oneOf(
                API_KEY_SECURITY_SCHEME,
                HTTP_AUTH_SECURITY_SCHEME,
                OAUTH2_SECURITY_SCHEME,
                OPEN_ID_CONNECT_SECURITY_SCHEME,
                MTLS_SECURITY_SCHEME)) {
            case API_KEY_SECURITY_SCHEME ->
                in.requiredObject(
                        API_KEY_SECURITY_SCHEME,
                        key -> new ApiKeySecurityScheme(
                                key.text(DESCRIPTION), key.requiredText(LOCATION), key.requiredText(NAME)));
            case HTTP_AUTH_SECURITY_SCHEME ->
                in.requiredObject(
                        HTTP_AUTH_SECURITY_SCHEME,
                        http -> new HttpAuthSecurityScheme(
                                http.text(DESCRIPTION), http.requiredText(SCHEME), http.text(BEARER_FORMAT)));
            case OAUTH2_SECURITY_SCHEME ->
                in.requiredObject(
                        OAUTH2_SECURITY_SCHEME,
                        oauth -> new OAuth2SecurityScheme(
                                oauth.text(DESCRIPTION),
                                oauth.requiredObject(FLOWS, SecurityForms::readFlow),
                                oauth.text(OAUTH2_METADATA_URL)));
            case OPEN_ID_CONNECT_SECURITY_SCHEME ->
                in.requiredObject(
                        OPEN_ID_CONNECT_SECURITY_SCHEME,
                        openId -> new OpenIdConnectSecurityScheme(
                                openId.text(DESCRIPTION), openId.requiredText(OPEN_ID_CONNECT_URL)));
            default ->
                in.requiredObject(MTLS_SECURITY_SCHEME, tls -> new MutualTlsSecurityScheme(tls.text(DESCRIPTION)));
        };
    }

    static void writeScheme(SecurityScheme scheme, FieldWriter out) {
        switch (scheme) {
            case ApiKeySecurityScheme key -> out.object(API_KEY_SECURITY_SCHEME, key, SecurityForms::writeApiKey);
            case HttpAuthSecurityScheme http -> out.object(HTTP_AUTH_SECURITY_SCHEME, http, SecurityForms::writeHttp);
            case OAuth2SecurityScheme oauth -> out.object(OAUTH2_SECURITY_SCHEME, oauth, SecurityForms::writeOAuth2);
            case OpenIdConnectSecurityScheme openId ->
                out.object(OPEN_ID_CONNECT_SECURITY_SCHEME, openId, SecurityForms::writeOpenId);
            case MutualTlsSecurityScheme tls ->
                out.object(MTLS_SECURITY_SCHEME, tls, (it, fields) -> fields.text(DESCRIPTION, it.description()));
        }
    }

    private static void writeApiKey(ApiKeySecurityScheme key, FieldWriter out) {
        out.text(DESCRIPTION, key.description());
        out.requiredText(LOCATION, key.location());
        out.requiredText(NAME, key.name());
    }

    private static void writeHttp(HttpAuthSecurityScheme http, FieldWriter out) {
        out.text(DESCRIPTION, http.description());
        out.requiredText(SCHEME, http.scheme());
        out.text(BEARER_FORMAT, http.bearerFormat());
    }

    private static void writeOAuth2(OAuth2SecurityScheme oauth, FieldWriter out) {
        out.text(DESCRIPTION, oauth.description());
        out.object(FLOWS, oauth.flows(), SecurityForms::writeFlow);
        out.text(OAUTH2_METADATA_URL, oauth.oauth2MetadataUrl());
    }

    private static void writeOpenId(OpenIdConnectSecurityScheme openId, FieldWriter out) {
        out.text(DESCRIPTION, openId.description());
        out.requiredText(OPEN_ID_CONNECT_URL, openId.openIdConnectUrl());
    }

    static OAuthFlows readFlow(FieldReader in) {
        return switch (in.oneOf(AUTHORIZATION_CODE, CLIENT_CREDENTIALS, IMPLICIT, PASSWORD, DEVICE_CODE)) {
            case AUTHORIZATION_CODE ->
                in.requiredObject(
                        AUTHORIZATION_CODE,
                        flow -> new AuthorizationCodeOAuthFlow(
                                flow.requiredText(AUTHORIZATION_URL),
                                flow.requiredText(TOKEN_URL),
                                flow.text(REFRESH_URL),
                                flow.map(SCOPES, Values::text),
                                flow.flag(PKCE_REQUIRED)));
            case CLIENT_CREDENTIALS ->
                in.requiredObject(
                        CLIENT_CREDENTIALS,
                        flow -> new ClientCredentialsOAuthFlow(
                                flow.requiredText(TOKEN_URL), flow.text(REFRESH_URL), flow.map(SCOPES, Values::text)));
            case IMPLICIT ->
                in.requiredObject(
                        IMPLICIT,
                        flow -> new ImplicitOAuthFlow(
                                flow.text(AUTHORIZATION_URL), flow.text(REFRESH_URL), flow.map(SCOPES, Values::text)));
            case PASSWORD ->
                in.requiredObject(
                        PASSWORD,
                        flow -> new PasswordOAuthFlow(
                                flow.text(TOKEN_URL), flow.text(REFRESH_URL), flow.map(SCOPES, Values::text)));
            default ->
                in.requiredObject(
                        DEVICE_CODE,
                        flow -> new DeviceCodeOAuthFlow(
                                flow.requiredText(DEVICE_AUTHORIZATION_URL),
                                flow.requiredText(TOKEN_URL),
                                flow.text(REFRESH_URL),
                                flow.map(SCOPES, Values::text)));
        };
    }

    static void writeFlow(OAuthFlows flow, FieldWriter out) {
        switch (flow) {
            case AuthorizationCodeOAuthFlow code ->
                out.object(AUTHORIZATION_CODE, code, (it, fields) -> {
                    fields.requiredText(AUTHORIZATION_URL, it.authorizationUrl());
                    fields.requiredText(TOKEN_URL, it.tokenUrl());
                    fields.text(REFRESH_URL, it.refreshUrl());
                    fields.requiredTextMap(SCOPES, it.scopes());
                    fields.flag(PKCE_REQUIRED, it.pkceRequired());
                });
            case ClientCredentialsOAuthFlow client ->
                out.object(CLIENT_CREDENTIALS, client, (it, fields) -> {
                    fields.requiredText(TOKEN_URL, it.tokenUrl());
                    fields.text(REFRESH_URL, it.refreshUrl());
                    fields.requiredTextMap(SCOPES, it.scopes());
                });
            case ImplicitOAuthFlow implicit ->
                out.object(IMPLICIT, implicit, (it, fields) -> {
                    fields.text(AUTHORIZATION_URL, it.authorizationUrl());
                    fields.text(REFRESH_URL, it.refreshUrl());
                    fields.textMap(SCOPES, it.scopes());
                });
            case PasswordOAuthFlow password ->
                out.object(PASSWORD, password, (it, fields) -> {
                    fields.text(TOKEN_URL, it.tokenUrl());
                    fields.text(REFRESH_URL, it.refreshUrl());
                    fields.textMap(SCOPES, it.scopes());
                });
            case DeviceCodeOAuthFlow device ->
                out.object(DEVICE_CODE, device, (it, fields) -> {
                    fields.requiredText(DEVICE_AUTHORIZATION_URL, it.deviceAuthorizationUrl());
                    fields.requiredText(TOKEN_URL, it.tokenUrl());
                    fields.text(REFRESH_URL, it.refreshUrl());
                    fields.requiredTextMap(SCOPES, it.scopes());
                });
        }
    }
}
