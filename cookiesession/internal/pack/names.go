package pack

// names are the map keys that pack into their index. The first 24 take one byte,
// the others two.
//
// The table is frozen with the format: neither order nor content may change, and
// nothing may be added, for older readers refuse an unknown index.
var names = [...]string{
	// The most frequent, one byte each.
	"user_id", "csrf_token", "v", "id", "name", "email", "items", "sku", "title",
	"qty", "price", "roles", "expires_at", "flash", "level", "message", "lang",
	"locale", "type", "quantity", "cart_id", "created_at", "value", "url",

	// Who is signed in.
	"sub", "uid", "username", "login", "user", "account", "account_id",
	"customer_id", "guest_id", "visitor_id", "profile", "role", "permissions",
	"scopes", "groups", "is_admin", "is_staff", "is_superuser", "admin",
	"verified", "active", "status", "tenant", "tenant_id", "org_id",
	"organization", "organization_id", "team_id", "provider", "issuer",
	"device_id", "session_id", "ip", "ip_address", "user_agent", "fingerprint",

	// Signing in.
	"auth_time", "last_login", "last_seen", "last_activity", "remember_me",
	"remember_token", "mfa", "otp", "two_factor", "logged_in", "amr", "acr",
	"method",

	// OAuth 2.0 and OpenID Connect.
	"access_token", "refresh_token", "id_token", "token", "token_type",
	"expires_in", "expires", "expiry", "scope", "state", "code", "code_verifier",
	"code_challenge", "redirect_uri", "nonce", "pkce", "client_id", "iss", "aud",
	"exp", "nbf", "iat", "jti", "azp", "sid", "at_hash", "scp", "oid", "tid",
	"ver", "given_name", "family_name", "nickname", "preferred_username",
	"picture", "email_verified", "phone_number",

	// Frameworks: Django, Flask, Rails and Devise, Laravel, Passport.
	"_auth_user_id", "_auth_user_backend", "_auth_user_hash", "_messages",
	"_session_expiry", "_user_id", "_fresh", "_id", "_remember", "_permanent",
	"_flashes", "_csrf_token", "_token", "_previous", "_flash",
	"warden.user.user.key", "user_return_to", "flashes", "passport",

	// Messages and forms.
	"messages", "kind", "text", "body", "error", "errors", "success", "warning",
	"info", "notice", "alert", "label", "description", "notes", "step", "data",
	"action", "next", "return_to", "redirect", "referrer",

	// Shops.
	"cart", "lines", "line_items", "product", "product_id", "variant",
	"variant_id", "options", "unit_price", "amount", "total", "subtotal", "tax",
	"discount", "coupon", "coupon_code", "shipping", "payment_method", "currency",
	"image", "image_url", "size", "color", "order", "order_id",

	// Addresses.
	"address", "billing_address", "shipping_address", "line1", "line2", "city",
	"region", "postal_code", "postcode", "zip", "country", "country_code",
	"phone", "company", "first_name", "last_name", "street",

	// Settings and the page at hand.
	"theme", "dark_mode", "timezone", "tz", "language", "page", "per_page",
	"sort", "filter", "filters", "query", "consent", "settings", "preferences",
	"config", "flags", "utm_source",

	// Anything.
	"key", "uuid", "meta", "metadata", "attributes", "tags", "category",
	"parent_id", "count", "position", "version", "start", "end", "date", "time",
	"timestamp", "updated_at", "created",

	// Go structs without tags, and camel case.
	"ID", "Name", "Email", "UserID", "Username", "Role", "Roles", "Title",
	"Price", "Quantity", "Items", "Message", "CreatedAt", "ExpiresAt", "userId",
	"firstName", "lastName", "accessToken", "refreshToken", "idToken",
	"expiresAt",
}

var nameIndex = func() map[string]uint8 {
	m := make(map[string]uint8, len(names))
	for i, name := range names {
		m[name] = uint8(i)
	}
	return m
}()

// nameBytes are the names once more, to be compared with what a cookie holds.
var nameBytes = func() (b [len(names)][]byte) {
	for i, name := range names {
		b[i] = []byte(name)
	}
	return b
}()
