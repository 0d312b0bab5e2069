package dev.penstock.gateway.config;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.util.Set;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** What somebody else's validator says by our schema. */
final class PublishedSchema {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final JsonSchema SCHEMA =
            JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(ConfigReader.schema());

    private PublishedSchema() {}

    /** Empty if the file is right by the schema; also what an editor would say of a file that is not YAML. */
    static Set<String> complaints(String yaml) {
        Object value;
        try {
            value = new Load(LoadSettings.builder()
                            .setSchema(new CoreSchema())
                            .setAllowDuplicateKeys(true)
                            .build())
                    .loadFromString(yaml);
        } catch (org.snakeyaml.engine.v2.exceptions.YamlEngineException e) {
            return Set.of("not YAML");
        }
        return SCHEMA.validate(JSON.valueToTree(value)).stream()
                .map(ValidationMessage::getMessage)
                .collect(Collectors.toSet());
    }
}
